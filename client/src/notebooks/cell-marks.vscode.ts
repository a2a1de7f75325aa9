import path from 'node:path';
import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import type { NoticeAction } from '../kernels/cell-events.ts';

/** Something to say or to click below a cell, which is not saved with it. */
export type CellMark =
  | { readonly kind: 'notRun' }
  | { readonly kind: 'undone' }
  /** Another window has the kernel. */
  | { readonly kind: 'elsewhere' }
  /** The text of the cell is not the one that ran. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'outputFile'; readonly file: string }
  | { readonly kind: 'action'; readonly action: NoticeAction }
  | { readonly kind: 'file'; readonly file: string };

export interface CellMarks {
  set(cell: vscode.NotebookCell, marks: readonly CellMark[]): void;
  add(cell: vscode.NotebookCell, mark: CellMark): void;
  clear(cell: vscode.NotebookCell): void;
}

const maxFiles = 5;
const actions: Readonly<Record<NoticeAction, { readonly text: string; readonly command: string }>> = {
  switchToPython: { text: '$(arrow-swap) Switch to ROOT Python', command: 'rootbook.switchToPython' },
  restart: { text: '$(debug-restart) Restart Kernel', command: 'rootbook.restart' },
  goBack: { text: '$(discard) Stop and Go Back to Before This Cell', command: 'rootbook.goBack' },
};

/** Keeps the marks of cells and shows them in the cells' status bars. */
export function createCellMarks(scope: Scope): CellMarks {
  const marks = new WeakMap<vscode.NotebookCell, readonly CellMark[]>();
  const changed = scope.own(new vscode.EventEmitter<void>());
  scope.own(
    vscode.notebooks.registerNotebookCellStatusBarItemProvider('jupyter-notebook', {
      onDidChangeCellStatusBarItems: changed.event,
      provideCellStatusBarItems: (cell) => (marks.get(cell) ?? []).map((mark) => toItem(mark)),
    }),
  );
  const set = (cell: vscode.NotebookCell, next: readonly CellMark[]): void => {
    if (next.length === 0 && !marks.has(cell)) return;
    if (next.length === 0) marks.delete(cell);
    else marks.set(cell, next);
    changed.fire();
  };
  return {
    set,
    add(cell, mark) {
      const before = marks.get(cell) ?? [];
      const isKnown = before.some((each) => JSON.stringify(each) === JSON.stringify(mark));
      if (!isKnown && before.length < maxFiles) set(cell, [...before, mark]);
    },
    clear(cell) {
      set(cell, []);
    },
  };
}

function toItem(mark: CellMark): vscode.NotebookCellStatusBarItem {
  const item = (text: string): vscode.NotebookCellStatusBarItem =>
    new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
  switch (mark.kind) {
    case 'notRun': {
      const made = item('$(circle-slash) Not run');
      made.tooltip = 'A cell before this one failed or was stopped, so this one did not run.';
      return made;
    }
    case 'elsewhere': {
      const made = item('$(link-external) Goes on in another window');
      made.tooltip = 'Another window has taken over the kernel and shows what this cell prints.';
      return made;
    }
    case 'changed': {
      const made = item('$(edit) Changed since it ran');
      made.tooltip = 'The output is of what the cell was when it ran.';
      return made;
    }
    case 'outputFile': {
      const made = item('$(file-text) Open all output');
      made.tooltip = `All that the cell printed is in ${mark.file}`;
      made.command = { title: 'Open', command: 'vscode.open', arguments: [vscode.Uri.file(mark.file)] };
      return made;
    }
    case 'undone': {
      const made = item('$(discard) Undone');
      made.tooltip = 'The session went back to before this cell. Run it again to have its results.';
      return made;
    }
    case 'action': {
      const { text, command } = actions[mark.action];
      const made = item(text);
      made.command = command;
      return made;
    }
    case 'file': {
      const made = item(`$(file) ${path.basename(mark.file)}`);
      made.tooltip = `Open ${mark.file}`;
      made.command = { title: 'Open', command: 'vscode.open', arguments: [vscode.Uri.file(mark.file)] };
      return made;
    }
  }
}
