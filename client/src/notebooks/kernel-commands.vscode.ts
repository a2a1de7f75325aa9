import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { KernelHosts } from '../kernel-host/client.ts';
import { registerCommand, type ShownLog } from '../platform/commands.vscode.ts';
import type { Controllers } from './controllers.vscode.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';
import { selectKernel } from './root-finder.vscode.ts';

/** Commands on the kernel of the notebook in front. */
export function registerKernelCommands(
  scope: Scope,
  log: ShownLog,
  desk: KernelDesk,
  controllers: Controllers,
  hosts: KernelHosts,
): void {
  const command = (id: `rootbook.${string}`, run: () => Promise<void>): void => {
    registerCommand(scope, log, id, run);
  };
  command('rootbook.interrupt', () => desk.active().interrupt());
  command('rootbook.goBack', () => desk.active().goBack());
  registerCommand(scope, log, 'rootbook.goBackToCell', async (argument) => {
    const cell = cellOf(argument);
    const kernel = desk.of(cell.notebook);
    if (!kernel) throw new UserError('This notebook has no ROOT kernel running.');
    await kernel.goBackTo(cell);
  });
  command('rootbook.takeOver', () => desk.takeOver());
  command('rootbook.endOtherVersion', () => desk.endOtherVersion());
  command('rootbook.restart', () => desk.active().restart());
  command('rootbook.shutDown', () => desk.active().shutDown());
  command('rootbook.restartAndRunAll', async () => {
    await desk.active().restart();
    await vscode.commands.executeCommand('notebook.execute');
  });
  registerCommand(scope, log, 'rootbook.restartAndRunAllAbove', async (index) => {
    await desk.active().restart();
    await runAllAbove(typeof index === 'number' ? index : undefined);
  });
  command('rootbook.runAllAbove', () => runAllAbove());
  command('rootbook.switchToPython', () => switchToPython(desk, controllers));
  command('rootbook.kernelMenu', kernelMenu);
  command('rootbook.shutDownKernels', () => shutDownKernels(hosts));
}

/** The cell that a menu was opened on, else the selected one. */
function cellOf(argument: unknown): vscode.NotebookCell {
  for (const { notebook, selection } of vscode.window.visibleNotebookEditors) {
    const known = notebook.getCells().find((cell) => cell === argument);
    if (known) return known;
    if (notebook === vscode.window.activeNotebookEditor?.notebook && argument === undefined) {
      return notebook.cellAt(selection.start);
    }
  }
  throw new UserError('No cell is selected. Select one first.');
}

/** Runs the cells above one, or above the selected one. */
async function runAllAbove(index?: number): Promise<void> {
  const editor = vscode.window.activeNotebookEditor;
  if (!editor) throw new UserError('No notebook is in front. Open one first.');
  await vscode.commands.executeCommand('notebook.cell.execute', {
    ranges: [{ start: 0, end: index ?? editor.selection.start }],
    document: editor.notebook.uri,
  });
}

async function switchToPython(desk: KernelDesk, controllers: Controllers): Promise<void> {
  const editor = vscode.window.activeNotebookEditor;
  const choice = editor && desk.choiceOf(editor.notebook);
  const python = (choice && controllers.find('python', choice.installation.id)) ?? controllers.find('python');
  if (!python) {
    throw new UserError('No Python environment with ROOT was found.', {
      remedies: [{ label: 'Install ROOT…', command: 'rootbook.installRoot' }],
    });
  }
  await selectKernel(python.controller.id, editor);
}

async function kernelMenu(): Promise<void> {
  const items = [
    { label: '$(debug-stop) Interrupt', command: 'rootbook.interrupt' },
    { label: '$(debug-restart) Restart', command: 'rootbook.restart' },
    { label: '$(run-all) Restart and Run All', command: 'rootbook.restartAndRunAll' },
    { label: '$(run-above) Run All Above', command: 'rootbook.runAllAbove' },
    { label: '$(primitive-square) Shut Down', command: 'rootbook.shutDown' },
    { label: '$(server-process) Running Kernels', command: 'rootbook.kernels.focus' },
    { label: '$(output) Show Log', command: 'rootbook.showLog' },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Kernel of this notebook' });
  if (picked) await vscode.commands.executeCommand(picked.command);
}

async function shutDownKernels(hosts: KernelHosts): Promise<void> {
  const records = await hosts.list();
  if (records.length === 0) {
    void vscode.window.showInformationMessage('No ROOT kernel runs on this machine.');
    return;
  }
  const items = records.map(({ id, label, notebook, startedAt }) => ({
    label,
    id,
    description: vscode.workspace.asRelativePath(vscode.Uri.parse(notebook)),
    detail: `since ${new Date(startedAt).toLocaleString()}`,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Kernels to shut down',
    placeHolder: 'What they hold in memory is lost.',
    canPickMany: true,
  });
  await Promise.all((picked ?? []).map(({ id }) => hosts.shutDown(id)));
}
