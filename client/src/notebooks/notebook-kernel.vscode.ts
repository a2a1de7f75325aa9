import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { classify } from '../base/errors.ts';
import type { Attachment } from '../kernel-host/client.ts';
import type { Remains } from '../kernel-host/remains.ts';
import type { CellEvent } from '../kernels/cell-events.ts';
import { type Execution, type Remark, sourceHash } from '../kernels/execution.ts';
import type { Session } from '../kernels/session.ts';
import { report, type ShownLog } from '../platform/commands.vscode.ts';
import { readSettings } from '../platform/settings.vscode.ts';
import type { CellMarks } from './cell-marks.vscode.ts';
import type { CellProblems } from './cell-problems.vscode.ts';
import { showCell } from './cell-run.ts';
import { EditorCellView, type ViewDesk } from './cell-view.vscode.ts';
import { type Followed, findCells, findRemarked, type PresentCell } from './followed-cells.ts';
import {
  type Choice,
  type ConnectionServices,
  KernelConnection,
  type NotebookKernelState,
} from './kernel-connection.vscode.ts';
import { offerHarderStop, offerRestart, tellTakenOver } from './kernel-offers.vscode.ts';
import { namesFlavour, portableMetadata, toCode } from './notebook-kind.ts';
import { Pacer } from './pacer.ts';
import { offerLostOutput, presentCells, savedId, tellRunningUnseen } from './reattach.vscode.ts';
import { StrayOutput } from './stray-output.vscode.ts';
import { survivingEvents } from './surviving-events.ts';
import { dimOutputs } from './undone-cells.vscode.ts';

/** What every notebook's kernel needs of the extension. */
export interface KernelServices extends ConnectionServices {
  readonly marks: CellMarks;
  readonly problems: CellProblems;
  readonly log: ShownLog;
}

/** So many cells that run or wait are a crowd: nobody follows each of them. */
const crowd = 8;

/** The kernel of one notebook, started when its first cell runs. */
export class NotebookKernel {
  readonly notebook: vscode.NotebookDocument;
  readonly choice: Choice;
  readonly #services: KernelServices;
  readonly #connection: KernelConnection;
  readonly #desk: ViewDesk;
  readonly #stray: StrayOutput;
  readonly #views = new Set<EditorCellView>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** Runs that were shown to their end, but that the file does not hold yet. */
  readonly #unsaved = new Set<string>();

  constructor(notebook: vscode.NotebookDocument, choice: Choice, services: KernelServices, folder?: string) {
    this.notebook = notebook;
    this.choice = choice;
    this.#services = services;
    const { marks, problems, log } = services;
    this.#stray = new StrayOutput(choice.controller, log);
    const listener = {
      changed: this.#onState.bind(this),
      stray: this.#stray.add.bind(this.#stray),
    };
    this.#connection = new KernelConnection(notebook, choice, services, listener, folder);
    const pacer = new Pacer(() => this.#views.size > crowd);
    this.#desk = { displays: new Map(), marks, problems, log, pacer, folder: this.#connection.folder };
  }

  get state(): NotebookKernelState {
    return this.#connection.state;
  }

  /** The running session, if there is one. */
  get session(): Session | undefined {
    return this.#connection.session;
  }

  /** Names the notebook to kernel hosts. */
  get identity(): string {
    return this.#connection.identity;
  }

  /** Fires when the notebook has let go of its kernel. */
  get gone(): AbortSignal {
    return this.#connection.gone;
  }

  get label(): string {
    return this.#connection.label;
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
      session = await this.#connection.open();
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
    return this.#connection.attach(takeOver, (session) => {
      const follow = (id: string): AsyncIterable<CellEvent> => session.follow(id, this.#connection.gone);
      void this.#bringBack(session.executions, follow, session.remarks);
    });
  }

  /** Shows what a kernel that is gone left behind. */
  async restore(remains: Remains): Promise<void> {
    await this.#bringBack(remains.executions, (id) => remains.follow(id, this.#connection.gone));
    // What belongs to no cell any more was offered.
    for (const { id } of remains.executions) this.#unsaved.add(id);
  }

  /** What kernels of this notebook that are gone left behind. */
  remains(): Promise<readonly Remains[]> {
    return this.#connection.remains();
  }

  /** The file holds what its cells show. */
  async saved(): Promise<void> {
    const shown = [...this.#unsaved];
    this.#unsaved.clear();
    if (shown.length === 0) return;
    // Some may be of kernels that are gone.
    for (const each of await this.remains()) await each.saved(shown);
    await this.#connection.session?.saved(shown);
  }

  /** Stops the running cell at a safe point, or the start of the kernel. Offers a harder way when that takes long. */
  async interrupt(): Promise<void> {
    this.#connection.cancelStart();
    const running = this.#running();
    await this.#connection.session?.interrupt();
    if (running) void this.#offerHarder(running);
  }

  async goBack(): Promise<void> {
    await this.#connection.existing().goBack();
  }

  /** Brings the session back to before a cell that ran, and shows what is undone by that. */
  async goBackTo(cell: vscode.NotebookCell): Promise<void> {
    const undone = await this.#connection.existing().goBackTo(cellId(cell));
    for (const each of this.notebook.getCells()) if (undone.includes(cellId(each))) await this.#undo(each);
  }

  restart(): Promise<void> {
    return this.#connection.restart();
  }

  shutDown(): Promise<void> {
    return this.#connection.shutDown();
  }

  /** Leaves the kernel to itself; the next run attaches to it again. */
  async detach(): Promise<void> {
    await this.#connection.detach();
    this.#changed.dispose();
  }

  /** The kernel of the file that this untitled notebook was saved as. This one is of no use afterwards. */
  handOver(notebook: vscode.NotebookDocument): NotebookKernel {
    const heir = new NotebookKernel(notebook, this.choice, this.#services, this.#desk.folder);
    this.#connection.handOver(heir.#connection);
    return heir;
  }

  /**
   * @param follow gives the events of an execution.
   * @param remarks on cells, also on those whose output the notebook holds.
   */
  async #bringBack(
    executions: readonly Execution[],
    follow: (id: string) => AsyncIterable<CellEvent>,
    remarks: readonly Remark[] = [],
  ): Promise<void> {
    const present = presentCells(this.notebook);
    const all = findCells(present, executions);
    const lost = all.filter(({ index }) => index === undefined).map(({ execution }) => execution);
    if (lost.length > 0) {
      const isRunning = lost.some(({ state }) => state !== 'done');
      if (isRunning) void tellRunningUnseen();
      const outputs = lost.map(({ id }) => follow(id));
      offerLostOutput(outputs, this.#maxMegabytes).catch((caught: unknown) => {
        this.#services.log.debug('output of cells that are gone is not offered', caught);
      });
    }
    const undone = this.#markRemarked(present, remarks);
    await Promise.all(
      all.map(async (each) => {
        const cell = await this.#follow(each, follow(each.execution.id));
        if (cell && undone.has(cell)) await this.#undo(cell);
      }),
    );
  }

  /** Says beside cells what the kernel remembers of them. @returns those that are undone. */
  #markRemarked(
    present: readonly PresentCell[],
    remarks: readonly Remark[],
  ): ReadonlySet<vscode.NotebookCell> {
    const undone = new Set<vscode.NotebookCell>();
    for (const [index, remark] of findRemarked(present, remarks)) {
      const cell = this.notebook.cellAt(index);
      const { outputFile } = remark;
      if (outputFile !== undefined) this.#services.marks.add(cell, { kind: 'outputFile', file: outputFile });
      if (!remark.undone) continue;
      undone.add(cell);
      // Its saved output stays as it is: nobody has edited the notebook.
      this.#services.marks.add(cell, { kind: 'undone' });
    }
    return undone;
  }

  /** What a cell did is undone: it says so, and its outputs are dimmed. */
  async #undo(cell: vscode.NotebookCell): Promise<void> {
    this.#services.marks.add(cell, { kind: 'undone' });
    await dimOutputs(this.choice.controller, cell);
  }

  /** @returns its cell, if it is there and shows it. */
  async #follow(
    { execution, index, changed }: Followed,
    events: AsyncIterable<CellEvent>,
  ): Promise<vscode.NotebookCell | undefined> {
    const [view] = index === undefined ? [] : this.#pend(this.notebook.cellAt(index));
    if (!view) return undefined;
    await this.#show(execution.id, changed ? this.#withMark(events, view.cell) : events, view);
    return view.cell;
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
      ?.follow(execution, this.#connection.gone);
  }

  get #maxMegabytes(): number {
    return readSettings(this.notebook.uri)['rootbook.output.maxMegabytes'];
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
    await this.#show(request.id, session.execute(request, this.#connection.gone), view);
  }

  async #show(execution: string, events: AsyncIterable<CellEvent>, view: EditorCellView): Promise<void> {
    const surviving = survivingEvents(execution, events, (id) => this.#findRemains(id));
    const interrupt = (): void => void this.#connection.session?.interrupt();
    const end = await showCell(surviving, interrupt, view, this.#maxMegabytes, this.#connection.gone);
    this.#stray.lastCell = view.cell;
    this.#views.delete(view);
    // A cell that was deleted before has not shown it.
    if ((end === 'ok' || end === 'failed') && view.cell.index >= 0) this.#unsaved.add(execution);
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

  #onState(state: NotebookKernelState): void {
    this.#changed.fire();
    if (state.kind === 'takenOver') void tellTakenOver(this.label);
    if (state.kind === 'dead') {
      const cell = this.#running()?.cell ?? this.#stray.lastCell;
      void offerRestart(this.label, state.reason, cell?.index);
    }
  }

  async #offerHarder(view: EditorCellView): Promise<void> {
    const way = await offerHarderStop(this.choice, () => view.isRunning);
    if (way === undefined) return;
    await this[way]().catch((caught: unknown) => report('Stopping the cell', caught, this.#services.log));
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

/** The id that the file gives the cell, else one of this window. */
function cellId(cell: vscode.NotebookCell): string {
  return savedId(cell) ?? `${vscode.env.sessionId}:${cell.document.uri.fragment}`;
}

function mayFail(metadata: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(metadata).includes('"raises-exception"');
}
