import * as vscode from 'vscode';
import { z } from 'zod';
import type { Scope } from '../base/scope.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';
import { widgetView } from './notebook-kind.ts';

/** What ROOT Python writes beside the text of a widget, which it saves alone. */
const OfWidget = z.object({ metadata: z.object({ rootbook: z.object({ widget: z.literal(true) }) }) });

/** Says below a cell that shows widgets how to have them interactive, when a kernel of ours is selected. */
export function registerWidgetHints(scope: Scope, desk: KernelDesk): void {
  const changed = scope.own(new vscode.EventEmitter<void>());
  let before: readonly vscode.NotebookDocument[] = [];
  scope.own(
    desk.onDidChange(() => {
      const now = vscode.workspace.notebookDocuments.filter((each) => desk.choiceOf(each));
      const isSame = now.length === before.length && now.every((each) => before.includes(each));
      before = now;
      // Kernels change their state often, and each time all cells would be asked.
      if (!isSame) changed.fire();
    }),
  );
  scope.own(
    vscode.notebooks.registerNotebookCellStatusBarItemProvider('jupyter-notebook', {
      onDidChangeCellStatusBarItems: changed.event,
      provideCellStatusBarItems: ({ notebook, outputs }) =>
        desk.choiceOf(notebook) && outputs.some(isWidget) ? [createHint()] : [],
    }),
  );
}

function isWidget({ items, metadata }: vscode.NotebookCellOutput): boolean {
  return items.some(({ mime }) => mime === widgetView) || OfWidget.safeParse(metadata).success;
}

function createHint(): vscode.NotebookCellStatusBarItem {
  const text = '$(info) Widget shown as text: use it in JupyterLab';
  const hint = new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
  hint.tooltip =
    'ROOTbook shows widgets as text that follows their value. To use them, open the notebook in JupyterLab, ' +
    'or choose a Python kernel of the Jupyter extension, and run the cell again.';
  return hint;
}
