import type { Problem } from '../../kernels/cell-events.ts';
import type { KernelMessage } from '../../kernels/messages.ts';
import type { Backend, BackendCell, BackendReply, Emission } from '../backend.ts';

type Emit = (emission: Emission) => void;

/** Milliseconds in which this kernel answers a question, if it does: it fails on some without a word. */
const questionPatience = 5000;

/** Milliseconds that a cell may still end after the thread that draws for it has failed. */
const lastPatience = 1000;

/** What the thread that draws says when it ends; the cell that waits for it never ends then. */
const drawingFailed = /Exception in thread [\s\S]*_?jupyroot/i;

const hangs =
  'This kernel of ROOT failed at drawing and hangs, so its variables are lost. Restart it, or choose the C++ kernel that is not "via Jupyter".';

/**
 * ROOT's own C++ kernel for Jupyter, made bearable. It answers `ok` to cells that do not compile, leaves questions without
 * an answer, cannot be interrupted and hangs for ever when a canvas of an earlier cell is updated.
 */
export class StockCpp implements Backend {
  readonly #kernel: Backend;
  #running: Emit | undefined;
  #hanging = false;
  onStray: Emit = () => undefined;
  onDeath: (reason: string) => void = () => undefined;

  constructor(kernel: Backend) {
    this.#kernel = kernel;
    kernel.onDeath = (reason) => {
      this.onDeath(reason);
    };
    // The thread that draws knows no cell.
    kernel.onStray = (emission) => {
      (this.#running ?? this.onStray)(emission);
    };
  }

  async execute(cell: BackendCell, emit: Emit): Promise<BackendReply> {
    if (this.#hanging) return fail(hangs, [], emit);
    const watch = new Watch(emit);
    this.#running = watch.emit;
    const code =
      cell.language === 'python' && !cell.code.startsWith('%%') ? `%%python\n${cell.code}` : cell.code;
    // To the kernel below nothing is C++, which it would send as `%%cpp`.
    const execution = this.#kernel.execute({ ...cell, code, language: 'python' }, watch.emit);
    const reply = await Promise.race([execution, watch.hung]);
    this.#running = undefined;
    if (reply === 'hung') {
      this.#hanging = true;
      this.onDeath(hangs);
      return fail(hangs, [], emit);
    }
    const problems = problemsIn(watch.stderr, cell.code);
    const [first] = problems;
    if (reply.status === 'error' || !first) return reply;
    return fail(first.message, problems, emit);
  }

  handle(message: KernelMessage, emit: Emit): void {
    const answer = message.type.replace(/_request$/, '_reply');
    if (answer === message.type) {
      this.#kernel.handle(message, emit);
      return;
    }
    let isOver = false;
    const finish = (emission: Emission): void => {
      if (isOver) return;
      if (emission.type === answer) isOver = true;
      emit(emission);
    };
    const timer = setTimeout(() => {
      const evalue = 'The kernel did not answer.';
      finish({
        channel: message.channel,
        type: answer,
        content: { status: 'error', ename: 'Timeout', evalue, traceback: [] },
      });
    }, questionPatience);
    timer.unref();
    this.#kernel.handle(message, finish);
  }

  interrupt(): void {
    // It has no effect; the window offers to restart.
  }

  goBack(): boolean {
    return false;
  }

  settled(idle: boolean): void {
    this.#kernel.settled(idle);
  }

  throttle(paused: boolean): void {
    this.#kernel.throttle?.(paused);
  }

  close(): Promise<void> {
    return this.#kernel.close();
  }
}

/** Reads what a cell shows on its way. */
class Watch {
  stderr = '';
  /** Resolves when the cell cannot end any more. */
  readonly hung: Promise<'hung'>;
  readonly emit: Emit;

  constructor(emit: Emit) {
    let tell: () => void = () => undefined;
    this.hung = new Promise((resolve) => {
      tell = () => {
        setTimeout(resolve, lastPatience, 'hung');
      };
    });
    this.emit = (emission) => {
      emit(emission);
      if (emission.type !== 'stream' || emission.content['name'] !== 'stderr') return;
      this.stderr += String(emission.content['text']);
      if (drawingFailed.test(this.stderr)) tell();
    };
  }
}

function fail(message: string, problems: readonly Problem[], emit: Emit): BackendReply {
  const name = problems.length > 0 ? 'CompileError' : 'KernelHangs';
  // What clang said is shown already.
  emit({
    channel: 'iopub',
    type: 'error',
    content: { ename: name, evalue: message, traceback: [`${name}: ${message}`], problems },
  });
  return { status: 'error', ename: name, evalue: message };
}

const clangError = /^input_line_\d+:(\d+):(\d+): (?:fatal )?error: (.*)(?:\n(.*))?/gm;

/**
 * Errors of the compiler about a cell, from what the kernel wrote to stderr. Cling puts a line before statements, and a space
 * before the first of them; the line that clang shows below its words tells which it is.
 */
export function problemsIn(stderr: string, code: string): readonly Problem[] {
  const lines = code.split('\n');
  const unbalanced = /^Unbalanced braces\. This cell was not processed\./m.exec(stderr)?.[0];
  const found = [...stderr.matchAll(clangError)].map(
    ([, line = '', column = '', message = '', shown = '']): Problem => {
      const at = [Number(line) - 1, Number(line)].find(
        (candidate) => lines[candidate - 1]?.trim() === shown.trim() && shown.trim() !== '',
      );
      const source = lines[(at ?? 0) - 1] ?? '';
      const shift = shown.length - shown.trimStart().length - (source.length - source.trimStart().length);
      return {
        severity: 'error',
        message,
        line: at ?? 1,
        column: at === undefined ? 1 : Math.max(1, Number(column) - Math.max(0, shift)),
      };
    },
  );
  if (unbalanced !== undefined && found.length === 0)
    return [{ severity: 'error', message: unbalanced, line: 1, column: 1 }];
  return found;
}
