import * as vscode from 'vscode';
import { dim } from './dim.ts';

const text = new TextDecoder();
const errorMime = vscode.NotebookCellOutputItem.error(new Error('')).mime;
const textMimes: readonly string[] = [
  vscode.NotebookCellOutputItem.stdout('').mime,
  vscode.NotebookCellOutputItem.stderr('').mime,
  'text/plain',
];

/** Shows that what a cell did is undone: its outputs stay where they are, dimmed, until it runs again. */
export async function dimOutputs(
  controller: vscode.NotebookController,
  cell: vscode.NotebookCell,
): Promise<void> {
  const { executionSummary, outputs } = cell;
  if (outputs.length === 0) return;
  const execution = controller.createNotebookCellExecution(cell);
  execution.executionOrder = executionSummary?.executionOrder;
  execution.start(executionSummary?.timing?.startTime);
  await execution.replaceOutput(outputs.map(dimOutput));
  execution.end(executionSummary?.success, executionSummary?.timing?.endTime);
}

function dimOutput({ items, metadata }: vscode.NotebookCellOutput): vscode.NotebookCellOutput {
  // What our renderer draws is dimmed by this word.
  return new vscode.NotebookCellOutput(items.map(dimItem), { ...metadata, rootbook: { undone: true } });
}

function dimItem(item: vscode.NotebookCellOutputItem): vscode.NotebookCellOutputItem {
  if (textMimes.includes(item.mime)) {
    return new vscode.NotebookCellOutputItem(
      new TextEncoder().encode(dim(text.decode(item.data))),
      item.mime,
    );
  }
  if (item.mime !== errorMime) return item;
  const { name, message, stack } = JSON.parse(text.decode(item.data)) as Error;
  return vscode.NotebookCellOutputItem.error({
    name,
    message,
    ...(stack === undefined ? {} : { stack: dim(stack) }),
  });
}
