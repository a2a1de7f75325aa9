import path from 'node:path';
import type { Log } from '../../base/log.ts';
import { Scope } from '../../base/scope.ts';
import type { KernelMessage } from '../../kernels/messages.ts';
import type { Backend, BackendCell, BackendReply, Emission } from '../backend.ts';
import { takeMark, toCode, toLoader, withProblems } from './agent.ts';
import { Merge, type StreamName } from '../merge.ts';
import { Requests, toEmission } from './requests.ts';
import { type JupyterLaunch, type Started, startKernel } from './start.ts';
import { StockCpp } from './stock-cpp.ts';
import { toDeath, toEnding } from './wording.ts';

/** Milliseconds that an idle kernel has to end when asked to, and one that has to stop its cell for that. */
const endPatience = { idle: 2000, busy: 300, terminated: 1000 } as const;

/** Milliseconds that a reply may come after the kernel said that it is idle: they travel apart. */
const replyPatience = 1000;

/** Milliseconds to wait for what a dead kernel said last. */
const lastWordsPatience = 500;

interface Running {
  readonly id: string;
  readonly emit: (emission: Emission) => void;
  readonly finish: (reply: BackendReply) => void;
  /** Signals are lost on a kernel that has not begun with the cell. */
  interruptible: boolean;
  interruptWanted: boolean;
}

/**
 * Starts ipykernel with the agent and makes it a backend.
 *
 * @throws {UserError} with the kernel's own stderr and the likely cause when it does not start.
 */
export async function startJupyterBackend(launch: JupyterLaunch, signal: AbortSignal): Promise<Backend> {
  const backend = await startBare(launch, signal);
  backend.loadAgent(path.join(launch.agentFolder, 'rootbook_agent.py'));
  return backend;
}

/** Starts ROOT's own C++ kernel, which needs some watching. @throws {UserError} as above. */
export async function startStockCpp(launch: JupyterLaunch, signal: AbortSignal): Promise<Backend> {
  return new StockCpp(await startBare(launch, signal));
}

async function startBare(launch: JupyterLaunch, signal: AbortSignal): Promise<JupyterBackend> {
  const scope = new Scope();
  const log = launch.log ?? quiet;
  try {
    const started = await startKernel(launch, log, scope, signal);
    return new JupyterBackend(started, log, scope, launch.notice);
  } catch (error) {
    await scope.close();
    throw error;
  }
}

const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

class JupyterBackend implements Backend {
  readonly #started: Started;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #requests = new Requests();
  readonly #merge: Merge<KernelMessage>;
  #running: Running | undefined;
  #closing = false;
  #dead: string | undefined;
  #notice: string | undefined;
  onStray: (emission: Emission) => void = () => undefined;
  onDeath: (reason: string) => void = () => undefined;

  constructor(started: Started, log: Log, scope: Scope, notice: string | undefined) {
    this.#started = started;
    this.#notice = notice;
    this.#log = log;
    this.#scope = scope;
    this.#merge = new Merge(
      (name, piece) => {
        if ('text' in piece) this.#print(name, piece.text);
      },
      (message) => {
        this.#receive(message);
      },
    );
    if (started.pipes) {
      started.pipes.onPiece = (name, piece) => {
        this.#merge.addPiece(name, piece);
      };
    }
    started.sockets.onMessage = (message) => {
      if (message.channel === 'iopub') this.#merge.addMessage(...takeMark(message));
      else this.#receive(message);
    };
    void started.kernel.ended.then(() => this.#died());
  }

  /** The kernel runs requests in their order, so that nobody has to wait for this one. */
  loadAgent(file: string): void {
    const id = this.#started.sockets.send('shell', {
      type: 'execute_request',
      content: toExecuteContent(toLoader(file, this.#started.pipes), { silent: true }),
    });
    let said = '';
    this.#requests.add(id, {
      hasReply: true,
      emit: ({ type, content }) => {
        if (type === 'stream') said += String(content['text']);
      },
      done: (reply) => {
        if (reply['status'] === 'ok') return;
        this.#log.warn(`the agent was not loaded: ${JSON.stringify(reply)} ${said}`);
        this.#notice ??= `ROOTbook could not improve this Python kernel, so it runs as it is: ${toText(reply['evalue'], said)}`;
        if (this.#running?.interruptible) this.#tellNotice(this.#running);
      },
    });
  }

  execute(cell: BackendCell, emit: (emission: Emission) => void): Promise<BackendReply> {
    const { code, magicAdded } = toCode(cell);
    if (this.#dead !== undefined) return Promise.resolve(toDeadReply(this.#dead, emit));
    return new Promise((resolve) => {
      const id = this.#started.sockets.send('shell', {
        type: 'execute_request',
        content: toExecuteContent(code, { silent: false }),
        metadata: { cellId: cell.cellId, rootbook: { magicAdded } },
      });
      const running: Running = {
        id,
        emit,
        interruptible: false,
        interruptWanted: false,
        finish: (reply) => {
          this.#running = undefined;
          resolve(reply);
        },
      };
      this.#running = running;
      this.#requests.add(id, {
        hasReply: true,
        emit: (emission) => {
          emit(withProblems(emission));
        },
        started: () => {
          this.#began(running);
        },
        unanswered: () => {
          this.#unanswered(running);
        },
        done: (reply) => {
          running.finish(toReply(reply));
        },
      });
    });
  }

  handle(message: KernelMessage, emit: (emission: Emission) => void): void {
    const { sockets } = this.#started;
    const { type, content, metadata, buffers } = message;
    const request = { type, content, ...(metadata ? { metadata } : {}), ...(buffers ? { buffers } : {}) };
    if (type === 'input_reply') {
      sockets.send('stdin', request);
      return;
    }
    const id = sockets.send(message.channel === 'control' ? 'control' : 'shell', request);
    this.#requests.add(id, { emit, done: () => undefined, hasReply: type.endsWith('_request') });
  }

  /**
   * Python stops at its next line of code, `KeyboardInterrupt`. A C++ cell stops at a safe point, `Interrupted`: in 10 ms as a
   * rule, in seconds when it does nothing but print, not at all in implicit-MT loops. A C++ function that a Python cell
   * calls runs to its end first. What the cell started as processes is signalled too.
   */
  interrupt(): void {
    const running = this.#running;
    if (!running) return;
    running.interruptWanted = true;
    if (running.interruptible) this.#signal();
  }

  goBack(): boolean {
    return false;
  }

  settled(): void {
    // Nothing to keep house for: there are no checkpoints.
  }

  /** A stopped kernel loses nothing; one that goes on drops what its full sockets cannot take. */
  throttle(paused: boolean): void {
    this.#started.kernel.pause(paused);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const { kernel, sockets } = this.#started;
    if (kernel.running) {
      kernel.pause(false);
      sockets.send('control', { type: 'shutdown_request', content: { restart: false } });
      if (!(await kernel.endsWithin(this.#running ? endPatience.busy : endPatience.idle))) {
        kernel.signal('SIGTERM');
        await kernel.endsWithin(endPatience.terminated);
      }
    }
    const running = this.#running;
    if (running) this.#requests.remove(running.id);
    running?.finish({ status: 'error' });
    // Ends by force what is still there.
    await this.#scope.close();
  }

  #began(running: Running): void {
    running.interruptible = true;
    this.#tellNotice(running);
    if (running.interruptWanted) this.#signal();
  }

  /** A signal that meets ipykernel before it has entered the cell makes it drop the request without a reply. */
  #unanswered(running: Running): void {
    setTimeout(() => {
      if (this.#running !== running) return;
      this.#requests.remove(running.id);
      const message = 'The cell was interrupted before it began.';
      running.emit(toErrorEmission('KeyboardInterrupt', message));
      running.finish({ status: 'error', ename: 'KeyboardInterrupt', evalue: message });
    }, replyPatience);
  }

  #tellNotice(running: Running): void {
    if (this.#notice !== undefined) {
      running.emit({
        channel: 'iopub',
        type: 'rootbook_notice',
        content: { text: this.#notice, action: null },
      });
      this.#notice = undefined;
    }
  }

  #signal(): void {
    if (this.#started.info['interrupt_mode'] === 'message') {
      this.#started.sockets.send('control', { type: 'interrupt_request', content: {} });
    } else this.#started.kernel.signal('SIGINT');
  }

  #print(name: StreamName, text: string): void {
    const emission: Emission = { channel: 'iopub', type: 'stream', content: { name, text } };
    if (this.#running) this.#running.emit(emission);
    else this.onStray(emission);
  }

  #receive(message: KernelMessage): void {
    if (this.#requests.take(message)) return;
    if (message.channel === 'stdin') this.#running?.emit(toEmission(message));
    else if (message.channel === 'iopub' && message.type !== 'status' && message.type !== 'execute_input') {
      this.onStray(toEmission(message));
    }
  }

  async #died(): Promise<void> {
    if (this.#closing) return;
    const { kernel, sockets, pipes } = this.#started;
    const ending = await kernel.ended;
    await Promise.all([sockets.hungUp(lastWordsPatience), pipes?.drained(lastWordsPatience)]);
    this.#merge.end();
    const running = this.#running;
    this.#dead = `The Python kernel died: ${toEnding(ending)}.`;
    if (running) {
      this.#requests.remove(running.id);
      running.finish(toDeadReply(toDeath(ending, kernel.stderr), running.emit));
    }
    this.onDeath(this.#dead);
  }
}

function toExecuteContent(
  code: string,
  { silent }: { readonly silent: boolean },
): Readonly<Record<string, unknown>> {
  return {
    code,
    silent,
    store_history: !silent,
    user_expressions: {},
    allow_stdin: !silent,
    // The host decides what a failure stops; the kernel would also refuse what is sent for a moment after it.
    stop_on_error: false,
  };
}

function ignore(): void {
  // Nobody reads it.
}

function toText(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function toReply(content: Readonly<Record<string, unknown>>): BackendReply {
  return { ...content, status: content['status'] === 'ok' ? 'ok' : 'error' };
}

function toErrorEmission(name: string, message: string): Emission {
  const content = { ename: name, evalue: message, traceback: message.split('\n'), problems: [] };
  return { channel: 'iopub', type: 'error', content };
}

function toDeadReply(message: string, emit: (emission: Emission) => void): BackendReply {
  const name = 'KernelDied';
  emit(toErrorEmission(name, message));
  return { status: 'error', ename: name, evalue: message };
}
