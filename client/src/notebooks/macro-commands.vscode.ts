import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { registerCommand, type ShownLog } from '../platform/commands.vscode.ts';
import type { Controllers } from './controllers.vscode.ts';
import { newRootbook } from './first-hour.vscode.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';
import { macroToCells } from './macro.ts';

/** Commands on a macro in a text editor. Runs go to one notebook per folder, which shows the output beside. */
export function registerMacroCommands(
  scope: Scope,
  log: ShownLog,
  desk: KernelDesk,
  controllers: Controllers,
): void {
  const notebooks = new Map<string, vscode.NotebookDocument>();
  const run = async (document: vscode.TextDocument, code: string): Promise<void> => {
    const folder = path.dirname(document.uri.fsPath);
    const known = notebooks.get(folder);
    const options = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    let notebook = known && !known.isClosed ? known : undefined;
    if (notebook) {
      await vscode.window.showNotebookDocument(notebook, options);
      await append(notebook, code);
    } else {
      await vscode.commands.executeCommand('workbench.action.newGroupRight');
      notebook = (await newRootbook('cpp', controllers, [{ kind: 'code', text: code }])).notebook;
      desk.setFolder(notebook, folder);
      notebooks.set(folder, notebook);
    }
    const index = notebook.cellCount - 1;
    await vscode.commands.executeCommand('notebook.cell.execute', {
      ranges: [{ start: index, end: index + 1 }],
      document: notebook.uri,
    });
  };
  registerCommand(scope, log, 'rootbook.runMacro', async () => {
    const { document } = macroEditor();
    await document.save();
    await run(document, `.x ${document.uri.fsPath}`);
  });
  registerCommand(scope, log, 'rootbook.runSelection', async () => {
    const { document, selection } = macroEditor();
    const text = selection.isEmpty
      ? document.lineAt(selection.active.line).text
      : document.getText(selection);
    await run(document, text);
  });
  registerCommand(scope, log, 'rootbook.macroToRootbook', async () => {
    const { document } = macroEditor();
    const name = path.parse(document.uri.fsPath).name;
    const editor = await newRootbook('cpp', controllers, macroToCells(document.getText(), name));
    desk.setFolder(editor.notebook, path.dirname(document.uri.fsPath));
  });
}

function macroEditor(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId === 'cpp' || editor?.document.languageId === 'c') return editor;
  throw new UserError('Open a ROOT macro (.C, .cxx, .cpp) first.');
}

async function append(notebook: vscode.NotebookDocument, code: string): Promise<void> {
  const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, code, 'cpp');
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(notebook.cellCount, [cell])]);
  await vscode.workspace.applyEdit(edit);
}
