import * as vscode from 'vscode';
import type { CellEvent } from '../kernels/cell-events.ts';
import { sourceHash } from '../kernels/execution.ts';
import type { PresentCell } from './followed-cells.ts';
import { type CellOutput, CellOutputs } from './outputs.ts';

/** The cells of a notebook, for finding those that ran before. */
export function presentCells(notebook: vscode.NotebookDocument): readonly PresentCell[] {
  return notebook.getCells().map((cell) => ({
    id: savedId(cell),
    index: cell.index,
    source: sourceHash(cell.document.getText()),
  }));
}

/** The id that the file gives the cell, since nbformat 4.5. */
export function savedId(cell: vscode.NotebookCell): string | undefined {
  const id: unknown = cell.metadata['id'];
  return typeof id === 'string' ? id : undefined;
}

/** A cell that was deleted while nobody was attached goes on: only the kernel can be stopped. */
export async function tellRunningUnseen(): Promise<void> {
  const message =
    'The kernel runs a cell that is no longer in this notebook. Its output is offered when it ends.';
  const interrupt = 'Interrupt';
  const picked = await vscode.window.showInformationMessage(message, interrupt);
  if (picked === interrupt) await vscode.commands.executeCommand('rootbook.interrupt');
}

/** Offers what cells printed that are no longer in their notebook, when they are over. */
export async function offerLostOutput(
  all: readonly AsyncIterable<CellEvent>[],
  maxMegabytes: number,
): Promise<void> {
  const texts = await Promise.all(all.map((events) => textOf(events, maxMegabytes)));
  const cells = all.length === 1 ? 'a cell that is' : `${String(all.length)} cells that are`;
  const open = 'Open Output';
  const message = `The kernel still has the output of ${cells} no longer in this notebook.`;
  if ((await vscode.window.showInformationMessage(message, open)) !== open) return;
  const content = texts.join('\n');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
}

async function textOf(events: AsyncIterable<CellEvent>, maxMegabytes: number): Promise<string> {
  const gathered = new CellOutputs(maxMegabytes);
  for await (const event of events) gathered.apply(event);
  return gathered.outputs.map(toText).join('');
}

function toText(output: CellOutput): string {
  if (output.kind === 'stream') return output.text;
  if (output.kind === 'error') return `${output.name}: ${output.message}\n`;
  return `${String(output.data['text/plain'])}\n`;
}
