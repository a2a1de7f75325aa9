import * as vscode from 'vscode';
import { labelOf } from '../kernels/installation.ts';
import type { Scope } from '../base/scope.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';
import type { NotebookKernelState } from './kernel-connection.vscode.ts';

const looks: Readonly<Record<NotebookKernelState['kind'], { readonly icon: string; readonly text: string }>> =
  {
    none: { icon: 'circle-outline', text: 'not started' },
    starting: { icon: 'loading~spin', text: 'starting' },
    idle: { icon: 'circle-outline', text: 'idle' },
    busy: { icon: 'circle-filled', text: 'busy' },
    dead: { icon: 'error', text: 'ended' },
    takenOver: { icon: 'debug-disconnect', text: 'in another window' },
    closed: { icon: 'debug-disconnect', text: 'disconnected' },
  };

/** Shows the state of the kernel of the notebook in front; a click offers what can be done with it. */
export function registerKernelStatus(scope: Scope, desk: KernelDesk): void {
  const item = scope.own(
    vscode.window.createStatusBarItem('rootbook.kernel', vscode.StatusBarAlignment.Right, 90),
  );
  item.name = 'ROOT Kernel';
  const show = (): void => {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    const choice = notebook && desk.choiceOf(notebook);
    if (!choice) {
      item.hide();
      return;
    }
    if (!vscode.workspace.isTrusted) {
      item.text = '$(shield) ROOT starts nothing in Restricted Mode';
      item.tooltip =
        'You have not said that you trust this folder, so no cell of it is run. Click to change that.';
      item.command = 'workbench.trust.manage';
      item.show();
      return;
    }
    item.command = 'rootbook.kernelMenu';
    const state = desk.of(notebook)?.state ?? { kind: 'none' as const };
    const { icon, text } = looks[state.kind];
    item.text = `$(${icon}) ${labelOf(choice.installation, choice.flavour)}: ${text}`;
    item.tooltip =
      state.kind === 'dead' ? state.reason : `Kernel of this notebook: ${choice.installation.root}`;
    item.show();
  };
  scope.own(desk.onDidChange(show));
  scope.own(vscode.window.onDidChangeActiveNotebookEditor(show));
  scope.own(vscode.workspace.onDidGrantWorkspaceTrust(show));
  show();
}
