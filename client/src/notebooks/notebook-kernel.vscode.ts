import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { classify, UserError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Attachment, KernelHosts } from '../kernel-host/client.ts';
import type { Remains } from '../kernel-host/remains.ts';
import type { CellEvent } from '../kernels/cell-events.ts';
import { type Flavour, type Installation, missingPackages } from '../kernels/installation.ts';
import { type Execution, sourceHash } from '../kernels/execution.ts';
import type { KernelState, Session } from '../kernels/session.ts';
import { environmentOf } from '../kernels/set-up.ts';
import { report, type ShownLog } from '../platform/commands.vscode.ts';
import { withProgress } from '../platform/progress.vscode.ts';
import { readSettings } from '../platform/settings.vscode.ts';
import type { CellMarks } from './cell-marks.vscode.ts';
import type { CellProblems } from './cell-problems.vscode.ts';
import { showCell } from './cell-run.ts';
import { EditorCellView, type ViewDesk } from './cell-view.vscode.ts';
import {
  offerHarderStop,
  offerRestart,
  tellTakenOver,
  untrusted,
  withoutPackages,
} from './kernel-offers.vscode.ts';
import { labelOf, namesFlavour, portableMetadata, toCode } from './notebook-kind.ts';
import { Pacer } from './pacer.ts';
import { type Followed, findCells } from './followed-cells.ts';
import { offerLostOutput, presentCells, savedId } from './reattach.vscode.ts';
import { survivingEvents } from './surviving-events.ts';
import { dimOutputs } from './undone-cells.vscode.ts';
import { StrayOutput } from './stray-output.vscode.ts';

/** What every notebook's kernel needs of the extension. */
export interface KernelServices {
  readonly hosts: KernelHosts;
  readonly marks: CellMarks;
  readonly problems: CellProblems;
  readonly log: ShownLog;
  /** Folder with `runner.C` and `rootbook_agent.py`. */
  readonly agentFolder: string;
  readonly cacheFolder: string;
  /** Where it is kept what set-up scripts did. */
  readonly environmentsFolder: string;
  /** Tells untitled notebooks of this workspace from those of others, which have the same URIs. */
  readonly workspaceId: string;
  /** Warns once where ROOT would miss a compiler. */
  readonly checkCompiler: (installation: Installation) => Promise<void>;
}

/** What runs the cells of a notebook: a controller of ours. */
export interface Choice {
  readonly installation: Installation;
  readonly flavour: Flavour;
  readonly controller: vscode.NotebookController;
}

/** `none`: not started, or let go of. */
export type NotebookKernelState = KernelState | { readonly kind: 'none' };

/** So many cells that run or wait are a crowd: nobody follows each of them. */
const crowd = 8;

/** The kernel of one notebook, started when its first cell runs. */
export class NotebookKernel {
  readonly notebook: vscode.NotebookDocument;
  readonly choice: Choice;
  readonly #services: KernelServices;
  readonly #folder: string;
  readonly #desk: ViewDesk;
  readonly #stray: StrayOutput;
  readonly #views = new Set<EditorCellView>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #opening: { readonly session: Promise<Session>; readonly abort: AbortController } | undefined;
  #session: Session | undefined;
  /** Runs that are over and shown, but that the file does not hold yet. */
  readonly #unsaved = new Map<string, vscode.NotebookCell>();
  #attaching: Promise<Attachment> | undefined;
  #restarting: Promise<void> | undefined;
  #scope = new Scope();
  #detached = new AbortController();
  #state: NotebookKernelState = { kind: 'none' };

  constructor(notebook: vscode.NotebookDocument, choice: Choice, services: KernelServices, folder?: string) {
    this.notebook = notebook;
    this.choice = choice;
    this.#services = services;
    this.#folder = folder ?? folderOf(notebook);
    const { marks, problems, log } = services;
    const pacer = new Pacer(() => this.#views.size > crowd);
    this.#desk = { displays: new Map(), marks, problems, log, pacer, folder: this.#folder };
    this.#stray = new StrayOutput(choice.controller, log);
  }

  get state(): NotebookKernelState {
    return this.#state;
  }

  get label(): string {
    return labelOf(this.choice.installation, this.choice.flavour);
  }

  /** Runs cells; all are sent at once, because the kernel side owns the queue. Resolves when all are done. */
  async run(cells: readonly vscode.NotebookCell[]): Promise<void> {
    const views = cells.flatMap((cell) => this.#pend(cell));
    this.#nameKernel();
    const refused = views.findIndex((view) => this.#refuse(view));
    // A failed cell stops those after it, whoever finds the failure.
    const sendable = refused < 0 ? views : views.slice(0, refused);
    if (refused >= 0) for (const view of views.slice(refused + 1)) this.#finish(view, 'notRun');
    if (sendable.length === 0) return;
    let session: Session;
    try {
      // Cells that are sent to a kernel which restarts would be dropped with those before.
      await this.#restarting;
      session = await this.open();
    } catch (caught) {
      await this.#failToStart(sendable, caught);
      return;
    }
    await Promise.all(sendable.map((view) => this.#runCell(session, view)));
  }

  /**
   * Attaches to the kernel that this notebook left running, if there is one, and brings back what its cells show.
   *
   * @param takeOver from another window.
   */
  attach(takeOver: boolean): Promise<Attachment> {
    if (this.#session || this.#opening || !vscode.workspace.isTrusted)
      return Promise.resolve({ kind: 'none' });
    this.#attaching ??= this.#attach(takeOver).finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  /** Shows what a kernel that is gone left behind. */
  async restore(remains: Remains): Promise<void> {
    await this.#bringBack(remains.executions, (id) => remains.follow(id, this.#detached.signal));
  }

  /** What kernels of this notebook that are gone left behind. */
  remains(): Promise<readonly Remains[]> {
    return this.#services.hosts.remains(this.#identity());
  }

  /** The file holds what its cells show. */
  async saved(): Promise<void> {
    const shown = [...this.#unsaved].filter(([, cell]) => cell.outputs.length > 0 && cell.index >= 0);
    for (const [id] of shown) this.#unsaved.delete(id);
    if (this.#session) await this.#session.saved(shown.map(([id]) => id));
    else for (const each of await this.remains()) await each.discard();
  }

  /** The running session; starts the kernel if there is none. @throws {UserError} when it does not start. */
  async open(): Promise<Session> {
    await this.#attaching?.catch(() => undefined);
    if (this.#session) return this.#session;
    if (!this.#opening) {
      const abort = new AbortController();
      const session = this.#start(abort.signal).finally(() => (this.#opening = undefined));
      this.#opening = { session, abort };
    }
    return this.#opening.session;
  }

  /** Stops the running cell at a safe point, or the start of the kernel. Offers a harder way when that takes long. */
  async interrupt(): Promise<void> {
    this.#opening?.abort.abort();
    const running = this.#running();
    await this.#session?.interrupt();
    if (running) void this.#offerHarder(running);
  }

  async goBack(): Promise<void> {
    await this.#existing().goBack();
  }

  /** Brings the session back to before a cell that ran, and shows what is undone by that. */
  async goBackTo(cell: vscode.NotebookCell): Promise<void> {
    const undone = await this.#existing().goBackTo(cellId(cell));
    for (const each of this.notebook.getCells()) {
      if (!undone.includes(cellId(each))) continue;
      await dimOutputs(this.choice.controller, each);
      this.#services.marks.set(each, [{ kind: 'undone' }]);
    }
  }

  async restart(): Promise<void> {
    const session = this.#existing();
    const title = `Restarting ${this.label}`;
    const restarting = withProgress(title, new AbortController().signal, (_, signal) =>
      session.restart(signal),
    );
    this.#restarting = restarting.catch(() => undefined);
    await restarting;
  }

  async shutDown(): Promise<void> {
    this.#opening?.abort.abort();
    const session = this.#session;
    await this.#letGo();
    await session?.shutDown();
  }

  /** Leaves the kernel to itself; the next run attaches to it again. */
  async detach(): Promise<void> {
    this.#opening?.abort.abort();
    this.#detached.abort();
    const session = this.#session;
    await this.#letGo();
    await session?.detach();
    this.#changed.dispose();
  }

  /** The kernel of the file that this untitled notebook was saved as. This one is of no use afterwards. */
  handOver(notebook: vscode.NotebookDocument): NotebookKernel {
    const heir = new NotebookKernel(notebook, this.choice, this.#services, this.#folder);
    const session = this.#session;
    void this.#letGo();
    if (session) heir.#adopt(session);
    this.#services.hosts.rename(this.#identity(), heir.#identity()).catch((caught: unknown) => {
      this.#services.log.warn('a kernel does not know the new name of its notebook', caught);
    });
    return heir;
  }

  async #attach(takeOver: boolean): Promise<Attachment> {
    const { installation, flavour } = this.choice;
    const key = { notebook: this.#identity(), installation, flavour };
    const found = await this.#services.hosts.attach(key, takeOver, this.#detached.signal);
    if (found.kind !== 'attached') return found;
    const { session } = found;
    this.#adopt(session);
    void this.#bringBack(session.executions, (id) => session.follow(id, this.#detached.signal));
    return found;
  }

  /** @param follow gives the events of an execution. */
  async #bringBack(
    executions: readonly Execution[],
    follow: (id: string) => AsyncIterable<CellEvent>,
  ): Promise<void> {
    const all = findCells(presentCells(this.notebook), executions);
    const lost = all.filter(({ index, execution }) => index === undefined && execution.state === 'done');
    if (lost.length > 0) void offerLostOutput(lost.map(({ execution }) => follow(execution.id)));
    await Promise.all(all.map((each) => this.#follow(each, follow(each.execution.id))));
  }

  async #follow({ execution, index, changed }: Followed, events: AsyncIterable<CellEvent>): Promise<void> {
    const [view] = index === undefined ? [] : this.#pend(this.notebook.cellAt(index));
    if (!view) return;
    await this.#show(execution.id, changed ? this.#withMark(events, view.cell) : events, view);
  }

  /** Says that the cell is not what ran, once that has begun to show itself. */
  async *#withMark(
    events: AsyncIterable<CellEvent>,
    cell: vscode.NotebookCell,
  ): AsyncGenerator<CellEvent, void, undefined> {
    for await (const event of events) {
      yield event;
      if (event.kind === 'started') this.#services.marks.add(cell, { kind: 'changed' });
    }
  }

  async #findRemains(execution: string): Promise<AsyncIterable<CellEvent> | undefined> {
    const all = await this.remains();
    return all
      .find(({ executions }) => executions.some(({ id }) => id === execution))
      ?.follow(execution, this.#detached.signal);
  }

  #identity(): string {
    const { uri, isUntitled } = this.notebook;
    return (isUntitled ? uri.with({ fragment: this.#services.workspaceId }) : uri).toString();
  }

  #existing(): Session {
    if (this.#session) return this.#session;
    throw new UserError('This notebook has no running kernel. Run a cell to start one.');
  }

  #running(): EditorCellView | undefined {
    return [...this.#views].find(({ isRunning }) => isRunning);
  }

  #pend(cell: vscode.NotebookCell): EditorCellView[] {
    try {
      const execution = this.choice.controller.createNotebookCellExecution(cell);
      const view = new EditorCellView(execution, this.#desk);
      this.#views.add(view);
      return [view];
    } catch (caught) {
      // It runs already, or was deleted.
      this.#services.log.debug('a cell cannot run now', caught);
      return [];
    }
  }

  /** The reason is shown in the first cell, where it stays; what can be done about it also as buttons. */
  async #failToStart(views: readonly EditorCellView[], caught: unknown): Promise<void> {
    const failure = classify(caught);
    for (const [index, view] of views.entries()) {
      if (index === 0 && failure.kind === 'user') this.#fail(view, 'Kernel', failure.error.message);
      else this.#finish(view, 'notRun');
    }
    if (failure.kind !== 'user' || failure.error.remedies.length > 0) {
      await report('Starting the kernel', caught, this.#services.log);
    } else this.#services.log.error(failure.error);
  }

  #refuse(view: EditorCellView): boolean {
    const { document } = view.cell;
    const code = toCode(document.languageId, document.getText(), this.choice.flavour);
    if (!('refusal' in code)) return false;
    this.#fail(view, 'Not run', code.refusal);
    return true;
  }

  async #runCell(session: Session, view: EditorCellView): Promise<void> {
    const { document, metadata } = view.cell;
    const code = toCode(document.languageId, document.getText(), this.choice.flavour);
    if ('refusal' in code) return;
    const place = {
      cellId: cellId(view.cell),
      index: view.cell.index,
      source: sourceHash(document.getText()),
    };
    const request = { ...code, id: randomUUID(), place, mayFail: mayFail(metadata) };
    await this.#show(request.id, session.execute(request, this.#detached.signal), view);
  }

  async #show(execution: string, events: AsyncIterable<CellEvent>, view: EditorCellView): Promise<void> {
    const { 'rootbook.output.maxMegabytes': maxMegabytes } = readSettings(this.notebook.uri);
    const surviving = survivingEvents(execution, events, (id) => this.#findRemains(id));
    const interrupt = (): void => void this.#session?.interrupt();
    const end = await showCell(surviving, interrupt, view, maxMegabytes, this.#detached.signal);
    this.#stray.lastCell = view.cell;
    this.#views.delete(view);
    if (end === 'ok' || end === 'failed') this.#unsaved.set(execution, view.cell);
  }

  #fail(view: EditorCellView, name: string, message: string): void {
    view.start(undefined, undefined);
    const output = { kind: 'error', name, message, traceback: [message], problems: [] } as const;
    void view.change([{ kind: 'append', outputs: [output] }]);
    this.#finish(view, 'failed');
  }

  #finish(view: EditorCellView, how: 'failed' | 'notRun'): void {
    view.end(how, undefined);
    this.#views.delete(view);
  }

  async #start(signal: AbortSignal): Promise<Session> {
    const { installation, flavour } = this.choice;
    if (!vscode.workspace.isTrusted) throw untrusted();
    const missing = missingPackages(installation, flavour);
    if (missing.length > 0) throw withoutPackages(installation, missing);
    if (flavour === 'cpp') await this.#services.checkCompiler(installation);
    this.#setState({ kind: 'starting' });
    try {
      const session = await withProgress(`Starting ${this.label}`, signal, async (progress, cancelled) =>
        this.#services.hosts.open(await this.#launchSpec(cancelled), progress, cancelled),
      );
      this.#adopt(session);
      return session;
    } catch (caught) {
      this.#setState({ kind: 'none' });
      throw caught;
    }
  }

  async #launchSpec(signal: AbortSignal): Promise<Parameters<KernelHosts['open']>[0]> {
    const { installation, flavour } = this.choice;
    const { agentFolder, cacheFolder, environmentsFolder } = this.#services;
    const settings = readSettings(this.notebook.uri);
    const environment = await environmentOf(installation, process.env, environmentsFolder, signal);
    return {
      installation,
      flavour,
      folder: this.#folder,
      notebook: this.#identity(),
      agentFolder,
      cacheFolder,
      environment: { ...environment, ...settings['rootbook.kernel.environment'] },
      checkpoints: settings['rootbook.kernel.checkpoints'],
      outlivesClient: true,
      idleHours: settings['rootbook.kernel.idleHours'],
      maxOutputMegabytes: settings['rootbook.output.maxMegabytes'],
    };
  }

  #adopt(session: Session): void {
    this.#session = session;
    this.#scope = new Scope();
    this.#detached = new AbortController();
    this.#scope.defer(
      session.onState((state) => {
        this.#onState(state);
      }),
    );
    this.#scope.defer(
      session.onStray((event) => {
        this.#stray.add(event);
      }),
    );
    this.#setState(session.state);
  }

  #onState(state: KernelState): void {
    this.#setState(state);
    if (state.kind === 'closed' || state.kind === 'takenOver') void this.#letGo();
    if (state.kind === 'takenOver') void tellTakenOver(this.label);
    if (state.kind === 'dead') {
      const cell = this.#running()?.cell ?? this.#stray.lastCell;
      void offerRestart(this.label, state.reason, cell?.index);
    }
  }

  #setState(state: NotebookKernelState): void {
    this.#state = state;
    this.#changed.fire();
  }

  async #letGo(): Promise<void> {
    this.#session = undefined;
    const scope = this.#scope;
    this.#scope = new Scope();
    this.#setState({ kind: 'none' });
    await scope.close();
  }

  async #offerHarder(view: EditorCellView): Promise<void> {
    const { flavour, installation } = this.choice;
    if (!(await offerHarderStop(this.choice, () => view.isRunning))) return;
    const way = flavour === 'cpp' && !installation.kernelspec ? this.goBack() : this.restart();
    await way.catch((caught: unknown) => report('Stopping the cell', caught, this.#services.log));
  }

  /** Saved metadata names the standard kernelspec, so that the notebook opens in any Jupyter front end. */
  #nameKernel(): void {
    const { flavour } = this.choice;
    const saved: unknown = this.notebook.metadata['metadata'];
    if (namesFlavour(saved, flavour)) return;
    const before = typeof saved === 'object' ? saved : {};
    const metadata = { ...this.notebook.metadata, metadata: { ...before, ...portableMetadata(flavour) } };
    const edit = new vscode.WorkspaceEdit();
    edit.set(this.notebook.uri, [vscode.NotebookEdit.updateNotebookMetadata(metadata)]);
    void vscode.workspace.applyEdit(edit);
  }
}

function folderOf(notebook: vscode.NotebookDocument): string {
  if (notebook.uri.scheme === 'file') return path.dirname(notebook.uri.fsPath);
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
}

/** The id that the file gives the cell, else one of this window. */
function cellId(cell: vscode.NotebookCell): string {
  return savedId(cell) ?? `${vscode.env.sessionId}:${cell.document.uri.fragment}`;
}

function mayFail(metadata: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(metadata).includes('"raises-exception"');
}
