import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { Attachment, HostStatus } from '../kernel-host/client.ts';
import { report } from '../platform/commands.vscode.ts';
import { offerEndOfOther, offerRemains, offerTakeOver } from './kernel-offers.vscode.ts';
import type { Choice } from './kernel-connection.vscode.ts';
import { MovedNotebooks } from './moved-notebooks.vscode.ts';
import { type KernelServices, NotebookKernel } from './notebook-kernel.vscode.ts';

/** By then the file that an untitled notebook was saved as is open. */
const heirMilliseconds = 1000;

function textOf(notebook: vscode.NotebookDocument): string {
  return JSON.stringify(notebook.getCells().map(({ document }) => document.getText()));
}

/** The kernels of all open notebooks of this window. */
export class KernelDesk {
  readonly #services: KernelServices;
  readonly #kernels = new Map<vscode.NotebookDocument, NotebookKernel>();
  readonly #folders = new Map<string, string>();
  readonly #selected = new Map<vscode.NotebookDocument, Choice>();
  /** Notebooks that are about to be opened in order to have their kernel here. */
  readonly #takingOver = new Set<string>();
  readonly #moved = new MovedNotebooks();
  readonly #changed: vscode.EventEmitter<void>;
  /** A kernel started, changed its state or ended, or another one was chosen. */
  readonly onDidChange: vscode.Event<void>;

  constructor(scope: Scope, services: KernelServices) {
    this.#services = services;
    this.#changed = scope.own(new vscode.EventEmitter<void>());
    this.onDidChange = this.#changed.event;
    scope.own(
      vscode.workspace.onDidCloseNotebookDocument((notebook) => {
        this.#selected.delete(notebook);
        void (notebook.isUntitled ? this.#bequeath(notebook) : this.#letGo(notebook));
      }),
    );
    scope.own(
      vscode.workspace.onDidSaveNotebookDocument((notebook) => {
        void this.#quietly('a kernel was not told of a save', () => this.of(notebook)?.saved());
      }),
    );
    scope.own(
      // Before: the editor opens the file of the new name at once, and asks for its kernel.
      vscode.workspace.onWillRenameFiles((event) => {
        this.#moved.willMove(event.files, vscode.workspace.notebookDocuments);
        event.waitUntil(this.#rename(event.files));
      }),
    );
    scope.defer(async () => {
      await Promise.all([...this.#kernels.keys()].map((notebook) => this.#letGo(notebook)));
    });
  }

  /** The kernel of a notebook, if one of ours was used in it. */
  of(notebook: vscode.NotebookDocument): NotebookKernel | undefined {
    return this.#kernels.get(notebook);
  }

  get kernels(): readonly NotebookKernel[] {
    return [...this.#kernels.values()];
  }

  /** The controller of ours that a notebook has selected. */
  choiceOf(notebook: vscode.NotebookDocument): Choice | undefined {
    return this.#selected.get(notebook);
  }

  /** The kernel of the notebook in front. @throws {UserError} when there is none. */
  active(): NotebookKernel {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    const kernel = notebook && this.of(notebook);
    if (kernel) return kernel;
    throw new UserError(
      notebook
        ? 'This notebook has no ROOT kernel running. Run a cell to start one.'
        : 'No notebook is in front. Open one first.',
    );
  }

  /** Gives a notebook without a file the folder in which its kernel starts. */
  setFolder(notebook: vscode.NotebookDocument, folder: string): void {
    this.#folders.set(notebook.uri.toString(), folder);
  }

  async execute(
    choice: Choice,
    notebook: vscode.NotebookDocument,
    cells: readonly vscode.NotebookCell[],
  ): Promise<void> {
    const kernel = this.of(notebook);
    if (kernel?.choice === choice) return kernel.run(cells);
    const made = this.#make(choice, notebook);
    if (kernel) void this.#end(kernel);
    return made.run(cells);
  }

  /** Takes the kernel of the notebook in front from the window that has it. @throws {UserError} when there is none. */
  async takeOver(): Promise<void> {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    const choice = notebook && this.choiceOf(notebook);
    if (!choice) throw new UserError('No notebook with a ROOT kernel is in front. Open one first.');
    const found = await this.attach(choice, notebook, true);
    if (found.kind === 'none')
      throw new UserError('No kernel of this notebook runs. Run a cell to start one.');
  }

  /** A notebook that is opened next takes its kernel from the window that has it. */
  takeOverOnReturn(notebook: vscode.Uri): void {
    this.#takingOver.add(notebook.toString());
  }

  /** Goes on with the kernel that a notebook left running, or says why not. */
  async attach(choice: Choice, notebook: vscode.NotebookDocument, takeOver: boolean): Promise<Attachment> {
    this.#takingOver.delete(notebook.uri.toString());
    const kernel = this.of(notebook) ?? this.#make(choice, notebook);
    const found = await kernel.attach(takeOver);
    if (found.kind === 'elsewhere') void offerTakeOver(kernel.label, found.holder);
    else if (found.kind === 'otherVersion') void this.#endOther(kernel, found.host);
    return found;
  }

  /** Ends the kernel of the notebook in front that was started by another version, when the user says so. */
  async endOtherVersion(): Promise<void> {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    const choice = notebook && this.choiceOf(notebook);
    const found = choice && (await this.attach(choice, notebook, false));
    if (found?.kind !== 'otherVersion')
      throw new UserError('No kernel of this notebook was started by another version of ROOTbook.');
  }

  async interrupt(notebook: vscode.NotebookDocument): Promise<void> {
    try {
      await this.of(notebook)?.interrupt();
    } catch (caught) {
      await report('Interrupting the kernel', caught, this.#services.log);
    }
  }

  selected(choice: Choice, notebook: vscode.NotebookDocument, isSelected: boolean): void {
    if (isSelected) {
      this.#selected.set(notebook, choice);
      void this.#quietly('a kernel was not attached again', () => this.#return(choice, notebook));
    } else if (this.#selected.get(notebook) === choice) this.#selected.delete(notebook);
    this.#changed.fire();
  }

  /** A notebook was opened, or has another kernel: goes on with the one that it left running. */
  async #return(choice: Choice, notebook: vscode.NotebookDocument): Promise<void> {
    if (!vscode.workspace.isTrusted || this.#kernels.has(notebook)) return;
    await this.#moved.settled(notebook);
    const takeOver = this.#takingOver.has(notebook.uri.toString());
    const found = await this.attach(choice, notebook, takeOver);
    const kernel = this.of(notebook);
    if (found.kind === 'none' && kernel) await this.#offerRemains(kernel);
  }

  /** A kernel that cannot be attached is ended now, or when nothing runs in it; then its output can be had. */
  async #endOther(kernel: NotebookKernel, host: HostStatus): Promise<void> {
    const { hosts } = this.#services;
    try {
      const answer = await offerEndOfOther(host.label, host.cells);
      if (answer === undefined) return;
      if (answer === 'later') await hosts.drain(host.id, kernel.gone);
      await hosts.shutDown(host.id);
      await this.#offerRemains(kernel);
    } catch (caught) {
      await report('Ending a kernel', caught, this.#services.log);
    }
  }

  async #offerRemains(kernel: NotebookKernel): Promise<void> {
    for (const remains of await kernel.remains()) {
      const { label, reason, executions } = remains;
      const answer = await offerRemains(label, reason, executions.length);
      if (answer === 'restore') await kernel.restore(remains);
      else if (answer === 'discard') await remains.discard();
    }
  }

  async #rename(files: vscode.FileRenameEvent['files']): Promise<void> {
    for (const { oldUri, newUri } of files) {
      await this.#quietly('a kernel does not know the new name of its notebook', () =>
        this.#services.hosts.rename(oldUri.toString(), newUri.toString()),
      );
    }
  }

  async #quietly(what: string, work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (caught) {
      this.#services.log.warn(what, caught);
    }
  }

  #make(choice: Choice, notebook: vscode.NotebookDocument): NotebookKernel {
    const folder = this.#folders.get(notebook.uri.toString());
    const made = new NotebookKernel(notebook, choice, this.#services, folder);
    this.#keep(made);
    return made;
  }

  /** Nobody can use the kernel any more. */
  async #end(kernel: NotebookKernel): Promise<void> {
    try {
      await kernel.shutDown();
      await kernel.detach();
    } catch (caught) {
      this.#services.log.warn('the kernel that was used before did not end', caught);
    }
  }

  #keep(kernel: NotebookKernel): void {
    kernel.onDidChange(() => {
      this.#changed.fire();
    });
    this.#kernels.set(kernel.notebook, kernel);
    this.#changed.fire();
  }

  /**
   * An untitled notebook is gone: either it was saved, which the editor tells as closing it and opening a file with
   * the same cells, and the kernel goes on with the file; or nobody can come back to it, and the kernel ends.
   */
  async #bequeath(notebook: vscode.NotebookDocument): Promise<void> {
    const kernel = this.#kernels.get(notebook);
    if (!kernel) return;
    const before = textOf(notebook);
    await new Promise((resolve) => setTimeout(resolve, heirMilliseconds));
    if (this.#kernels.get(notebook) !== kernel) return;
    this.#kernels.delete(notebook);
    const heir = vscode.workspace.notebookDocuments.find(
      (each) => !each.isUntitled && !this.#kernels.has(each) && textOf(each) === before,
    );
    if (heir) this.#keep(kernel.handOver(heir));
    else await this.#end(kernel);
  }

  async #letGo(notebook: vscode.NotebookDocument): Promise<void> {
    const kernel = this.#kernels.get(notebook);
    this.#kernels.delete(notebook);
    try {
      await kernel?.detach();
    } catch (caught) {
      this.#services.log.warn('a kernel could not be let go of', caught);
    }
  }
}
