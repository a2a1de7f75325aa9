import { setTimeout as wait } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { renamedUri } from '../kernel-host/client.ts';

const patience = 5000;
const pause = 50;

/**
 * Notebooks with unsaved changes whose files get another name.
 *
 * The editor opens the file of the new name as it is on the disk, and puts the unsaved content over that a moment later:
 * whatever was shown in between is lost.
 */
export class MovedNotebooks {
  /** New URIs. */
  readonly #unsettled = new Set<string>();

  /** @param notebooks that are open, before the move. */
  willMove(files: vscode.FileRenameEvent['files'], notebooks: readonly vscode.NotebookDocument[]): void {
    for (const { uri, isDirty } of notebooks) {
      for (const { oldUri, newUri } of isDirty ? files : []) {
        const moved = renamedUri(uri.toString(), oldUri.toString(), newUri.toString());
        if (moved !== undefined) this.#unsettled.add(moved);
      }
    }
  }

  /** Resolves when the notebook has its unsaved content. */
  async settled(notebook: vscode.NotebookDocument): Promise<void> {
    if (!this.#unsettled.delete(notebook.uri.toString())) return;
    // Nothing tells that it is there but that the notebook is unsaved again.
    for (let waited = 0; !notebook.isDirty && waited < patience; waited += pause) await wait(pause);
  }
}
