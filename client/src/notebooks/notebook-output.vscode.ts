import * as vscode from 'vscode';
import { type EditorOutput, toEditorOutput } from './output-items.ts';
import type { CellOutput } from './outputs.ts';

/** An output for the editor's execution object. */
export function toNotebookOutput(output: CellOutput): vscode.NotebookCellOutput {
  const editorOutput = toEditorOutput(output);
  return new vscode.NotebookCellOutput(toItems(editorOutput), editorOutput.metadata);
}

/** Only the representations, for an output that is shown already. */
export function toNotebookItems(output: CellOutput): vscode.NotebookCellOutputItem[] {
  return toItems(toEditorOutput(output));
}

function toItems({ items }: EditorOutput): vscode.NotebookCellOutputItem[] {
  return items.map(({ data, mime }) => new vscode.NotebookCellOutputItem(data, mime));
}
