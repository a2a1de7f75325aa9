import type { KernelMessage } from '../../kernels/messages.ts';
import type { Log } from '../../base/log.ts';
import { canvasHtml } from '../../kernels/canvas-html.ts';
import type { Backend, BackendCell, BackendReply, Emission, Processes } from '../backend.ts';
import type { Display, GuestMessage } from './frames.ts';
import { Interpreter, type Outcome, type Task, type TaskListener } from './interpreter.ts';
import { type Step, toSteps } from './magics.ts';
import type { RunnerCommand } from './process.ts';
import {
  brokenCell,
  describeEnding,
  describeFrames,
  describeRestore,
  type Ending,
  type Threads,
} from './wording.ts';
import { failure, notice, stream, toError } from './emissions.ts';

type Emit = (emission: Emission) => void;

/** Milliseconds that a plot of a running cell waits for the text that was printed before it. */
const displayPatience = 50;

const ok: BackendReply = { status: 'ok' };
const failed: BackendReply = { status: 'error' };

/**
 * Where Python cells go: to an interpreter in the runner's own process, or to a kernel of their own that is started when
 * the first one comes.
 */
export type PythonSource = 'inside' | (() => Promise<Backend>);

/**
 * ROOT on our runner.
 *
 * @throws {Error} when it does not become ready; what it printed is in `startupText`.
 */
export class RunnerBackend implements Backend {
  readonly #interpreter: Interpreter;
  readonly #python: PythonSource;
  /** Which cell each name in the interpreter was. */
  readonly #cells = new Map<string, string>();
  /** Questions to the guest, answered in their order when no cell runs. */
  readonly #questions: (() => void)[] = [];
  readonly #answers = new Map<string, Emit>();
  #executing = false;
  #helper: Backend | undefined;
  #runningHelper = false;
  #jsroot = true;
  #saidNotShared = false;
  #started = false;
  startupText = '';
  onStray: Emit = () => undefined;
  onDeath: (reason: string) => void = () => undefined;

  /** @param checkpoints how many to keep; 0 to take none. */
  constructor(checkpoints: number, log: Log, python: PythonSource) {
    this.#python = python;
    this.#interpreter = new Interpreter(checkpoints, log);
    this.#interpreter.onStray = (name, text) => {
      if (this.#started) this.onStray(stream(name, text));
      else this.startupText += text;
    };
    this.#interpreter.onStrayDisplay = (display, payload) => {
      this.onStray(this.#toDisplay(display, payload));
    };
    this.#interpreter.onStrayMessage = (message) => {
      this.#hear(message);
    };
    this.#interpreter.onLoss = (ending, undone, threads) => {
      this.#lossBetweenCells(ending, undone, threads);
    };
  }

  async start(start: RunnerCommand): Promise<void> {
    await this.#interpreter.start(start);
    this.#started = true;
  }

  async execute(cell: BackendCell, emit: Emit): Promise<BackendReply> {
    const name = `In[${String(cell.count)}]`;
    const steps: readonly Step[] =
      cell.language === 'python' ? [{ kind: 'python', code: cell.code, line: 1 }] : toSteps(cell.code);
    this.#cells.set(name, cell.cellId);
    this.#executing = true;
    const reply = await this.#runSteps(steps, name, cell, emit);
    this.#executing = false;
    // What was undone left no trace.
    if (this.#interpreter.alive && !('undone' in reply)) this.#interpreter.remember(name);
    return reply;
  }

  handle(message: KernelMessage, emit: Emit): void {
    if (this.#runningHelper) this.#helper?.handle(message, emit);
    else if (message.type === 'input_reply') {
      const value = message.content['value'];
      this.#interpreter.answer(typeof value === 'string' ? value : '');
    } else if (this.#python === 'inside' && message.type.endsWith('_request')) {
      const { id, type, content } = message;
      this.#answers.set(id, emit);
      this.#questions.push(() => {
        this.#interpreter.ask({ id, type, content });
      });
      if (!this.#executing) this.#askAll();
    }
  }

  interrupt(): void {
    if (this.#runningHelper) this.#helper?.interrupt();
    else this.#interpreter.interrupt();
  }

  goBack(): boolean {
    return !this.#runningHelper && this.#interpreter.goBack();
  }

  async goBackTo(cellId: string): Promise<readonly string[] | undefined> {
    const name = [...this.#cells].findLast(([, cell]) => cell === cellId)?.[0];
    const undone = name === undefined ? undefined : await this.#interpreter.goBackTo(name);
    return undone?.flatMap((each) => this.#cells.get(each) ?? []);
  }

  settled(idle: boolean): void {
    if (idle) this.#askAll();
    this.#interpreter.settled(idle);
    // What rootlogon printed; ROOT itself prints an empty line.
    const text = this.startupText.trim();
    this.startupText = '';
    if (text !== '') this.onStray(stream('stdout', `${text}\n`));
  }

  processes(): Processes {
    return this.#interpreter.pids;
  }

  throttle(paused: boolean): void {
    this.#interpreter.throttle(paused);
  }

  async close(): Promise<void> {
    await Promise.all([this.#interpreter.close(), this.#helper?.close()]);
  }

  async #runSteps(
    steps: readonly Step[],
    name: string,
    cell: BackendCell,
    emit: Emit,
  ): Promise<BackendReply> {
    for (const step of steps) {
      const reply = await this.#runStep(step, name, cell, emit);
      if (reply.status !== 'ok') return reply;
    }
    return ok;
  }

  async #runStep(step: Step, name: string, cell: BackendCell, emit: Emit): Promise<BackendReply> {
    switch (step.kind) {
      case 'cpp':
        return this.#runTask({ mode: step.mode, code: step.code, name, line: step.line }, emit);
      case 'shell':
        return this.#runTask({ mode: 'shell', code: step.code, name, line: step.line }, emit);
      case 'file':
        return this.#runTask({ mode: 'shell', code: writeFileCommand(step), name, line: 1 }, emit);
      case 'python':
        if (this.#python === 'inside')
          return this.#runTask({ mode: 'guest', code: step.code, name, line: step.line }, emit);
        return this.#runPython({ ...cell, code: step.code, language: 'python' }, this.#python, emit);
      case 'jsroot':
        this.#jsroot = step.on;
        return ok;
      case 'time': {
        const start = performance.now();
        const reply = await this.#runSteps(step.steps, name, cell, emit);
        emit(stream('stdout', `Wall time: ${((performance.now() - start) / 1000).toFixed(3)} s\n`));
        return reply;
      }
      case 'show': {
        const data = { [step.mime]: step.text, 'text/plain': step.text };
        emit({ channel: 'iopub', type: 'display_data', content: { data, metadata: {}, transient: {} } });
        return ok;
      }
      case 'answer':
        if (step.fails) emit(failure('UnknownMagic', step.message, [{ line: step.line, column: 1 }]));
        else emit(notice(step.message, undefined));
        return step.fails ? failed : ok;
      case 'unknown':
        emit(failure('UnknownMagic', unknownMagic(step.magic), [{ line: step.line, column: 1 }]));
        return failed;
    }
  }

  async #runTask(task: Task, emit: Emit): Promise<BackendReply> {
    const shown = new TaskOutput(
      emit,
      (display, payload) => this.#toDisplay(display, payload),
      (message) => this.#toEmission(message),
    );
    const outcome = await this.#interpreter.run(task, shown);
    shown.flush();
    return this.#conclude(outcome, task, emit);
  }

  #conclude(outcome: Outcome, task: Task, emit: Emit): BackendReply {
    if (outcome.kind === 'done') {
      if (outcome.done.status === 'ok') return ok;
      // It has told what went wrong itself.
      if (task.mode === 'guest') return failed;
      if (outcome.broken) {
        const { name, message } = brokenCell;
        emit(failure(name, message, [{ line: task.line, column: 1 }]));
        emit(notice(brokenReason, 'restart'));
        return failed;
      }
      emit(toError(outcome.done, outcome.errors, outcome.problems, task.name));
      return failed;
    }
    if (outcome.kind === 'closed') {
      emit(failure('Stopped', 'The cell was stopped: its kernel was restarted or shut down.', []));
      return failed;
    }
    const { ending, stopped, broken, undone, threads, line } = outcome;
    const { name, message } = stopped
      ? { name: 'Stopped', message: 'The cell was stopped.' }
      : broken
        ? brokenCell
        : describeEnding(ending);
    const doing = broken ? 'at' : 'while';
    const where =
      line === undefined ? [] : [`  ${doing} line ${String(line)} of ${task.name}${broken ? '' : ' ran'}`];
    const after = undone ? describeRestore(undone, threads) : [this.#deadReason];
    const lines = [message, ...describeFrames(ending.crash), ...(stopped ? [] : where), ...after];
    const frame = ending.crash?.frames.find(
      (candidate) => candidate.name === task.name && candidate.line > 0,
    );
    const at = frame?.line ?? line;
    emit(failure(name, message, at === undefined || stopped ? [] : [{ line: at, column: 1 }], lines));
    if (!undone) this.onDeath(this.#deadReason);
    return { ...failed, undone: undone ?? [] };
  }

  async #runPython(cell: BackendCell, python: () => Promise<Backend>, emit: Emit): Promise<BackendReply> {
    if (!this.#saidNotShared) {
      this.#saidNotShared = true;
      emit(
        notice(
          'Python cells of a C++ notebook run in a process of their own: objects are not shared.',
          'switchToPython',
        ),
      );
    }
    try {
      this.#helper ??= await python();
    } catch (error) {
      emit(failure('NoPython', error instanceof Error ? error.message : String(error), []));
      return failed;
    }
    const helper = this.#helper;
    helper.onDeath = () => (this.#helper = undefined);
    helper.onStray = (emission) => {
      this.onStray(emission);
    };
    this.#runningHelper = true;
    try {
      return await helper.execute(cell, emit);
    } finally {
      this.#runningHelper = false;
    }
  }

  get #deadReason(): string {
    return `ROOT is gone, and nothing could be restored, because ${this.#interpreter.withoutCopies}. Restart the kernel.`;
  }

  #lossBetweenCells(ending: Ending, undone: readonly string[] | undefined, threads: Threads): void {
    const { name, message } = describeEnding(ending);
    const after = undone ? describeRestore(undone, threads).slice(1) : [this.#deadReason];
    this.onStray(
      stream(
        'stderr',
        [`${name}: between two cells, ${message.replace('The cell', 'something')}`, ...after, ''].join('\n'),
      ),
    );
    if (!undone) this.onDeath(this.#deadReason);
  }

  #askAll(): void {
    for (const ask of this.#questions.splice(0)) ask();
  }

  /** A message of the guest's outside a cell: an answer, or of a thread that goes on. */
  #hear(message: GuestMessage): void {
    const { request, ...content } = message.content;
    const emit = typeof request === 'string' ? this.#answers.get(request) : undefined;
    if (emit && typeof request === 'string') {
      this.#answers.delete(request);
      emit({ channel: 'shell', type: message.type, content });
      return;
    }
    const emission = this.#toEmission(message);
    if (emission) this.onStray(emission);
  }

  #toEmission({ type, content }: GuestMessage): Emission | undefined {
    if (type !== 'rootbook_jsroot') return { channel: 'iopub', type, content };
    this.#jsroot = content['on'] === true;
    return undefined;
  }

  #toDisplay({ id, update, json, text }: Display, payload: Buffer): Emission {
    const png = payload.subarray(json).toString('base64');
    const canvas = payload.toString('utf8', 0, json);
    const html = this.#jsroot ? { 'text/html': canvasHtml(canvas, { png, text }) } : {};
    return {
      channel: 'iopub',
      type: update ? 'update_display_data' : 'display_data',
      content: {
        data: { ...html, ...(png === '' ? {} : { 'image/png': png }), 'text/plain': text },
        metadata: {},
        transient: { display_id: id },
      },
    };
  }
}

const brokenReason = 'The interpreter may fail with every later cell as well.';

/** Puts what a task shows into order: text first, then the plots that were sent with it. */
class TaskOutput implements TaskListener {
  readonly #emit: Emit;
  readonly #toDisplay: (display: Display, payload: Buffer) => Emission;
  readonly #toEmission: (message: GuestMessage) => Emission | undefined;
  readonly #displays: Emission[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    emit: Emit,
    toDisplay: (display: Display, payload: Buffer) => Emission,
    toEmission: (message: GuestMessage) => Emission | undefined,
  ) {
    this.#emit = emit;
    this.#toDisplay = toDisplay;
    this.#toEmission = toEmission;
  }

  onText(name: 'stdout' | 'stderr', text: string): void {
    this.#emit(stream(name, text));
  }

  onDisplay(display: Display, payload: Buffer): void {
    this.#displays.push(this.#toDisplay(display, payload));
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, displayPatience);
  }

  /** Its place among the text is right; plots that were sent before it have waited for that text. */
  onMessage(message: GuestMessage): void {
    this.flush();
    const emission = this.#toEmission(message);
    if (emission) this.#emit(emission);
  }

  onInput(prompt: string, password: boolean): void {
    this.flush();
    this.#emit({ channel: 'stdin', type: 'input_request', content: { prompt, password } });
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const display of this.#displays.splice(0)) this.#emit(display);
  }
}

function writeFileCommand({ name, append, text }: Extract<Step, { kind: 'file' }>): string {
  const quoted = `'${name.replaceAll("'", String.raw`'\''`)}'`;
  const end = `ROOTBOOK_END_${String(text.length)}`;
  const word = append ? 'Appending to' : 'Writing';
  return `cat ${append ? '>>' : '>'} ${quoted} <<'${end}' && echo ${word} ${quoted}\n${text}${end}\n`;
}

function unknownMagic(magic: string): string {
  return `Unknown magic: ${magic}. %lsmagic lists what a C++ notebook knows.`;
}
