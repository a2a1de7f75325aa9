import * as vscode from 'vscode';
import type { CellEvent } from '../kernels/cell-events.ts';
import { sourceHash } from '../kernels/execution.ts';
import type { PresentCell } from './followed-cells.ts';

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

/** Offers what cells printed that are no longer in their notebook. */
export async function offerLostOutput(all: readonly AsyncIterable<CellEvent>[]): Promise<void> {
  const cells = all.length === 1 ? 'a cell that is' : `${String(all.length)} cells that are`;
  const open = 'Open Output';
  const message = `The kernel still has the output of ${cells} no longer in this notebook.`;
  if ((await vscode.window.showInformationMessage(message, open)) !== open) return;
  const texts = await Promise.all(all.map(textOf));
  const content = texts.join('\n');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
}

async function textOf(events: AsyncIterable<CellEvent>): Promise<string> {
  let text = '';
  for await (const event of events) {
    if (event.kind === 'stream') text += event.text;
    else if (event.kind === 'error') text += `${event.name}: ${event.message}\n`;
    else if (event.kind === 'display' || event.kind === 'result')
      text += `${String(event.data['text/plain'])}\n`;
  }
  return text;
}
