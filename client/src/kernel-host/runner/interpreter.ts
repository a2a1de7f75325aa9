import type { Log } from '../../base/log.ts';
import type { Problem } from '../../kernels/cell-events.ts';
import type { Processes } from '../backend.ts';
import { CheckpointPolicy } from './checkpoints.ts';
import { command, type Display, type Done, GuestMessage, type Received } from './frames.ts';
import type { Piece } from '../marks.ts';
import { Merge, type StreamName } from '../merge.ts';
import { RunnerProcess, type RunnerCommand, type RunnerListener } from './process.ts';
import { withoutBreakdown } from './breakdown.ts';
import { type Ending, noThreads, problemsIn, type Threads } from './wording.ts';

/** What the runner is to run: C++, a shell command, or code of its guest's, and where in which cell it stands. */
export interface Task {
  readonly mode: 'cpp' | 'declare' | 'aclic' | 'shell' | 'guest';
  readonly code: string;
  /** Name of the cell in messages, `In[3]`; without blanks. */
  readonly name: string;
  /** Line of the cell at which the code starts, from 1. */
  readonly line: number;
}

/** What a running task shows. */
export interface TaskListener {
  onText(name: 'stdout' | 'stderr', text: string): void;
  onDisplay(display: Display, payload: Buffer): void;
  onMessage(message: GuestMessage): void;
  onInput(prompt: string, password: boolean): void;
}

export type Outcome =
  /** The whole runner was ended. */
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'done';
      readonly done: Done;
      readonly errors: readonly string[];
      readonly problems: readonly Problem[];
      readonly broken: boolean;
    }
  | {
      readonly kind: 'gone';
      readonly ending: Ending;
      /** The user asked for it. */
      readonly stopped: boolean;
      /** The interpreter was left in a state that nothing could run in. */
      readonly broken: boolean;
      /** Line of the item that ran, from 1. */
      readonly line: number | undefined;
      /** Names of earlier cells that are undone with this one; `undefined` when nothing could be restored. */
      readonly undone: readonly string[] | undefined;
      /** What ran beside the session that was restored, and is gone. */
      readonly threads: Threads;
    };

interface Running {
  readonly number: number;
  readonly task: Task;
  readonly listener: TaskListener;
  readonly resolve: (outcome: Outcome) => void;
  readonly errors: string[];
  readonly unmarked: Set<'stdout' | 'stderr'>;
  line: number | undefined;
  end: { readonly done: Done } | { readonly gone: Extract<Outcome, { kind: 'gone' }> } | undefined;
  stopped: boolean;
  broken: boolean;
  held: string;
  explained: boolean;
  /** What ACLiC's compiler has printed, of which the end is enough. */
  compilerText: string;
}

/** Milliseconds to wait for a copy that was asked for and has not said hello. */
const checkpointPatience = 500;
/** Milliseconds between two interrupts of one cell. */
const interruptInterval = 100;
/** Characters of a compiler's messages in which problems are looked for. */
const compilerTextKept = 65_536;

interface Sent {
  readonly cell: number;
  readonly message: GuestMessage;
}

/** A ROOT that runs one task at a time and comes back after a crash. */
export class Interpreter implements RunnerListener {
  readonly #policy = new CheckpointPolicy();
  /** How many copies to keep; none are made when it is 0. */
  readonly #keep: number;
  readonly #log: Log;
  /** Cells that each copy has seen. */
  readonly #seen = new Map<number, number>();
  /** What ran when each copy was taken, and does not run in it. */
  readonly #threads = new Map<number, Threads>();
  readonly #history: string[] = [];
  /** What the guest has sent, among the text. */
  readonly #merge = new Merge<Sent>(
    (name, piece) => {
      this.#passed(name, piece);
    },
    ({ cell, message }) => {
      if (cell > 0 && cell === this.#running?.number) this.#running.listener.onMessage(message);
      else this.onStrayMessage(message);
    },
  );
  #process: RunnerProcess | undefined;
  #expected:
    { readonly id: number; readonly arrival: Promise<void>; readonly arrived: () => void } | undefined;
  #running: Running | undefined;
  #number = 0;
  #asks = 0;
  #starting: { resolve(): void; reject(error: Error): void } | undefined;
  #interrupting: NodeJS.Timeout | undefined;
  /** The copy to wake next, when it was asked for one, and whom to tell what that undid. */
  #wanted: { readonly id: number; resolve(undone: readonly string[] | undefined): void } | undefined;
  /** Why the last copy could not be made. */
  #failure: string | undefined;
  /** Text of no task: user threads, rootlogon, later events. */
  onStray: (name: 'stdout' | 'stderr', text: string) => void = () => undefined;
  /** The process went between two tasks; `undone` as in an outcome. */
  onLoss: (ending: Ending, undone: readonly string[] | undefined, threads: Threads) => void = () => undefined;
  /** A message of the guest's outside a task. */
  onStrayMessage: (message: GuestMessage) => void = () => undefined;
  /** A plot that changed outside a task. */
  onStrayDisplay: (display: Display, payload: Buffer) => void = () => undefined;

  /** @param keep how many checkpoints to keep; 0 to take none. */
  constructor(keep: number, log: Log) {
    this.#log = log;
    this.#keep = keep;
  }

  /** @throws {Error} when `root.exe` ends before it is ready. */
  async start(start: RunnerCommand): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => (this.#starting = { resolve, reject }));
    this.#process = await RunnerProcess.start(start, this);
    await ready;
  }

  get alive(): boolean {
    return this.#process?.alive ?? false;
  }

  /** Why there may be no copy to go back to, to follow "because". */
  get withoutCopies(): string {
    if (this.#keep === 0) return 'the setting rootbook.kernel.checkpoints is 0';
    return this.#failure === undefined
      ? 'there was no checkpoint yet'
      : `the session could not be copied (${this.#failure})`;
  }

  get pids(): Processes {
    return this.#process?.pids ?? { main: undefined, checkpoints: [] };
  }

  run(task: Task, listener: TaskListener): Promise<Outcome> {
    return new Promise((resolve) => {
      const number = ++this.#number;
      this.#running = {
        number,
        task,
        listener,
        resolve,
        errors: [],
        unmarked: new Set(['stdout', 'stderr']),
        line: undefined,
        end: undefined,
        stopped: false,
        broken: false,
        held: '',
        explained: false,
        compilerText: '',
      };
      const { mode, name, line } = task;
      this.#process?.send(command('cell', { id: number, mode, name, line }, Buffer.from(task.code)));
      if (!this.alive) void this.#lost({ crash: undefined, code: undefined, signal: undefined });
    });
  }

  /** Names a cell that has run, for the list of those that a later crash undoes. */
  remember(name: string): void {
    this.#history.push(name);
  }

  settled(idle: boolean): void {
    if (this.#keep === 0 || !this.alive) return;
    const next = this.#policy.next(this.#history.length, idle, performance.now());
    if (!next) return;
    this.#seen.set(next.id, next.cells);
    this.#arrived();
    this.#expect(next.id);
    this.#process?.send(command('checkpoint', { id: next.id }));
  }

  /** Asks the guest; it answers with a message outside a task. Only while no task runs. */
  ask(question: Readonly<Record<string, unknown>>): void {
    this.#process?.send(command('ask', {}, Buffer.from(JSON.stringify(question))));
  }

  answer(text: string): void {
    this.#process?.send(command('input', {}, Buffer.from(`${text}\n`)));
  }

  /** Asks again until the task ends: one signal can fall into a moment in which nothing may be left half done. */
  interrupt(): void {
    const number = this.#running?.number;
    if (number === undefined) return;
    const ask = ++this.#asks;
    this.#process?.interrupt(number, ask);
    clearInterval(this.#interrupting);
    this.#interrupting = setInterval(() => this.#process?.interrupt(number, ask), interruptInterval);
  }

  /** @returns `false` when there is no copy to go back to. */
  goBack(): boolean {
    if (!this.#running || this.#process?.checkpoints.length === 0) return false;
    this.#running.stopped = true;
    // A copy that is being made is the one to go back to.
    void this.#expectedCopy().then(() => this.#process?.killMain());
    return true;
  }

  /**
   * Goes back to before an earlier task, see `remember`.
   *
   * @returns what is undone by that, oldest first; `undefined` when no copy is that old.
   */
  async goBackTo(name: string): Promise<readonly string[] | undefined> {
    const index = this.#history.lastIndexOf(name);
    await this.#expectedCopy();
    const fitting = [...this.#seen].filter(([, cells]) => cells <= index).map(([id]) => id);
    const alive = fitting.filter((id) => this.#process?.checkpoints.includes(id));
    if (index < 0 || alive.length === 0 || this.#wanted) return undefined;
    if (this.#running) this.#running.stopped = true;
    const id = Math.max(...alive);
    return new Promise((resolve) => {
      this.#wanted = { id, resolve };
      this.#process?.killMain();
    });
  }

  throttle(paused: boolean): void {
    this.#process?.pause(paused);
  }

  async close(): Promise<void> {
    clearInterval(this.#interrupting);
    await this.#process?.close();
    this.#running?.resolve({ kind: 'closed' });
    this.#running = undefined;
  }

  onFrame({ frame, payload }: Received): void {
    const running = this.#running;
    switch (frame.frame) {
      case 'ready':
        this.#starting?.resolve();
        this.#merge.release(frame.messages ?? 0);
        return;
      case 'message': {
        const message = GuestMessage.parse(JSON.parse(payload.toString()));
        this.#merge.addMessage({ cell: frame.cell, message }, frame.mark);
        return;
      }
      case 'diagnostic':
        if (frame.severity === 'error') running?.errors.push(payload.toString());
        else if (running) running.listener.onText('stderr', payload.toString());
        else this.onStray('stderr', payload.toString());
        return;
      case 'display':
        if (running) running.listener.onDisplay(frame, payload);
        else this.onStrayDisplay(frame, payload);
        return;
      case 'input':
        running?.listener.onInput(frame.prompt, frame.password ?? false);
        return;
      case 'item':
        if (running) running.line = frame.line;
        return;
      case 'done':
        if (running?.number === frame.cell) running.end = { done: frame };
        this.#finish();
        return;
      case 'checkpointFailed':
        this.#seen.delete(frame.checkpoint);
        this.#failure = frame.reason;
        this.#log.warn(`no checkpoint: ${frame.reason}`);
        this.#arrived();
        return;
      case 'hello':
      case 'crash':
      case 'ended':
        return;
    }
  }

  onOutput(name: StreamName, piece: Piece): void {
    this.#merge.addPiece(name, piece);
  }

  #passed(name: StreamName, piece: Exclude<Piece, { readonly message: number }>): void {
    const running = this.#running;
    if ('mark' in piece) {
      if (running?.number === piece.mark) running.unmarked.delete(name);
      this.#finish();
    } else if (running?.unmarked.has(name)) {
      const text = name === 'stderr' ? withoutBreakdown(running, piece.text) : piece.text;
      if (running.task.mode === 'aclic' && name === 'stderr')
        running.compilerText = (running.compilerText + text).slice(-compilerTextKept);
      if (text !== '') running.listener.onText(name, text);
    } else this.onStray(name, piece.text);
  }

  onCheckpoint(id: number, forkMs: number, threads: Threads): void {
    this.#policy.measured(forkMs);
    this.#threads.set(id, threads);
    this.#failure = undefined;
    // They say hello in any order; ids grow.
    const old = [...(this.#process?.checkpoints ?? [])].sort((a, b) => b - a).slice(this.#keep);
    for (const each of old) this.#forget(each);
    if (this.#expected?.id === id) this.#arrived();
  }

  onMainGone(ending: Ending): void {
    this.#log.info(`the main process ended: ${JSON.stringify(ending)}`);
    void this.#lost(ending);
  }

  onDropped(error: unknown): void {
    this.#log.warn('a connection of the runner was dropped', error);
  }

  onFailedStart(code: number | null, signal: string | null): void {
    this.#starting?.reject(new Error(`it ended (${signal ?? `code ${String(code)}`})`));
  }

  #forget(id: number): void {
    this.#process?.discard(id);
    this.#seen.delete(id);
    this.#threads.delete(id);
  }

  #arrived(): void {
    this.#expected?.arrived();
    this.#expected = undefined;
  }

  #expect(id: number): void {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    this.#expected = { id, arrival, arrived };
  }

  /** Resolves when the copy that was asked for is there, or will not come. */
  async #expectedCopy(): Promise<void> {
    const expected = this.#expected;
    if (!expected) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, checkpointPatience)));
    await Promise.race([expected.arrival, patience]);
    clearTimeout(timer);
    if (this.#expected === expected) this.#expected = undefined;
  }

  /** Main is gone: wake the newest copy, say what it cost, and let it write the end marks of the task. */
  async #lost(ending: Ending): Promise<void> {
    await this.#expectedCopy();
    const running = this.#running;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    const { undone, threads } = this.#wake(wanted?.id, running?.number ?? 0);
    const woken = undone !== undefined;
    wanted?.resolve(undone);
    if (!running) {
      if (!wanted || !woken) this.onLoss(ending, undone, threads);
      if (woken) this.settled(true);
      return;
    }
    const { stopped, broken, task } = running;
    const line = running.line ?? (broken ? task.line : undefined);
    running.end = { gone: { kind: 'gone', ending, stopped, broken, line, undone, threads } };
    // Nobody is left to write the marks.
    if (!woken) {
      this.#merge.end();
      running.unmarked.clear();
    }
    this.#finish();
  }

  /** @param wanted copy, else the newest. @returns what is undone by that; `undefined` when there is none to wake. */
  #wake(
    wanted: number | undefined,
    task: number,
  ): { readonly undone: readonly string[] | undefined; readonly threads: Threads } {
    const newest = Math.max(...(this.#process?.checkpoints ?? []));
    const id = wanted ?? newest;
    const woken = this.#process?.wake(id, task) ?? false;
    const undone = woken ? this.#history.splice(this.#seen.get(id) ?? 0) : undefined;
    const threads = this.#threads.get(id) ?? noThreads;
    this.#seen.delete(id);
    this.#threads.delete(id);
    // What is newer has seen what is undone.
    for (const other of this.#process?.checkpoints ?? []) if (other > id) this.#forget(other);
    this.#policy.consumed();
    return { undone, threads };
  }

  /** A failed task broke the interpreter: the session goes back to before it, as after a crash, if there is a copy. */
  async #abandon(running: Running, done: Done): Promise<void> {
    running.end = undefined;
    await this.#expectedCopy();
    if (this.#process?.checkpoints.length === 0) {
      running.end = { done };
      this.#conclude(running, running.end);
      return;
    }
    this.#log.info('the interpreter is broken, back to the checkpoint');
    running.unmarked.add('stdout').add('stderr');
    this.#process?.killMain();
  }

  /** A task is over when it was said to be and both streams carried its mark. */
  #finish(): void {
    const running = this.#running;
    if (!running?.end || running.unmarked.size > 0) return;
    if (running.broken && 'done' in running.end && running.end.done.status !== 'ok')
      void this.#abandon(running, running.end.done);
    else this.#conclude(running, running.end);
  }

  #conclude(running: Running, end: NonNullable<Running['end']>): void {
    this.#running = undefined;
    clearInterval(this.#interrupting);
    this.#interrupting = undefined;
    if (running.held !== '') running.listener.onText('stderr', running.held);
    if ('gone' in end) running.resolve(end.gone);
    else {
      const texts = end.done.status === 'ok' ? running.errors : [...running.errors, running.compilerText];
      const problems = texts.flatMap((text) => problemsIn(text, running.task.name));
      const { errors, broken } = running;
      running.resolve({ kind: 'done', done: end.done, errors, problems, broken });
    }
  }
}
