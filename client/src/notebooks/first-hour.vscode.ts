import path from 'node:path';
import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import type { Flavour } from '../kernels/installation.ts';
import { registerCommand, type ShownLog } from '../platform/commands.vscode.ts';
import type { Controllers } from './controllers.vscode.ts';
import { portableMetadata } from './notebook-kind.ts';
import { selectKernel } from './root-finder.vscode.ts';

const samples = [
  { label: 'First steps in C++', file: 'first-steps-cpp.ipynb' },
  { label: 'First steps in Python', file: 'first-steps-python.ipynb' },
];

/** Commands of a newcomer: a new notebook, and the samples. */
export function registerFirstHour(
  scope: Scope,
  log: ShownLog,
  controllers: Controllers,
  samplesFolder: string,
): void {
  registerCommand(scope, log, 'rootbook.newCpp', async () => {
    await newRootbook('cpp', controllers, [{ kind: 'code', text: '' }]);
  });
  registerCommand(scope, log, 'rootbook.newPython', async () => {
    await newRootbook('python', controllers, [{ kind: 'code', text: 'import ROOT' }]);
  });
  registerCommand(scope, log, 'rootbook.openSample', async () => {
    const picked = await vscode.window.showQuickPick(samples, { title: 'Sample ROOTbooks' });
    if (picked) await openSample(path.join(samplesFolder, picked.file));
  });
}

/** A cell of a notebook that is to be made. */
export interface NewCell {
  readonly kind: 'code' | 'markdown';
  readonly text: string;
}

/** Opens an untitled notebook with these cells and the kernel of a flavour. */
export async function newRootbook(
  flavour: Flavour,
  controllers: Controllers,
  cells: readonly NewCell[],
): Promise<vscode.NotebookEditor> {
  const language = flavour === 'cpp' ? 'cpp' : 'python';
  const data = new vscode.NotebookData(
    cells.map(({ kind, text }) =>
      kind === 'code'
        ? new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, language)
        : new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, text, 'markdown'),
    ),
  );
  data.metadata = { metadata: portableMetadata(flavour), nbformat: 4, nbformat_minor: 5, cells: [] };
  const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
  const editor = await vscode.window.showNotebookDocument(notebook);
  const choice = controllers.find(flavour);
  if (choice) await selectKernel(choice.controller.id, editor);
  return editor;
}

/** Opens a copy, so that the sample itself stays as it is. */
async function openSample(file: string): Promise<void> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.file(file));
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) {
    await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), 'jupyter-notebook');
    return;
  }
  const copy = vscode.Uri.joinPath(folder.uri, path.basename(file));
  const isThere = await vscode.workspace.fs.stat(copy).then(
    () => true,
    () => false,
  );
  if (!isThere) await vscode.workspace.fs.writeFile(copy, bytes);
  await vscode.commands.executeCommand('vscode.openWith', copy, 'jupyter-notebook');
}
