import { timingSafeEqual } from 'node:crypto';
import type net from 'node:net';
import { z } from 'zod';
import type { CellPlace } from '../kernels/execution.ts';
import type { KernelMessage } from '../kernels/messages.ts';
import { AttachedClient } from './attached-client.ts';
import type { Backend, Emission } from './backend.ts';
import {
  AnyAttach,
  CellMetadata,
  ClientFrame,
  type HostFrame,
  LineReader,
  Opening,
  protocolVersion,
  type StateContent,
  type Status,
  toLine,
} from './frames.ts';
import type { Journal } from './journal.ts';
import { measure } from './memory.ts';
import { CellQueue } from './queue.ts';
import { Remarks } from './remarks.ts';

/** Starts the interpreter. @throws {Error} whose message is worded for the user. */
export type BackendFactory = (signal: AbortSignal) => Promise<Backend>;

const Follow = z.object({ execution: z.string() });
const GoBackTo = z.object({ cell: z.string() });
const Saved = z.object({ executions: z.array(z.string()) });

/** What a host needs of its journal. */
export type HostJournal = Pick<
  Journal,
  'executions' | 'filesOf' | 'unwritten' | 'queued' | 'record' | 'saved' | 'late'
>;

export interface HostOptions {
  readonly token: string;
  /** Whether the kernel goes on when its client goes. */
  readonly outlivesClient: boolean;
  /** Bytes of a cell's text that are given back whole. */
  readonly headBytes: number;
}

/** One kernel and the client that is attached to it, if any. */
export class Host {
  readonly #create: BackendFactory;
  readonly #options: HostOptions;
  readonly #journal: HostJournal;
  readonly #queue: CellQueue;
  /** The cells of all executions by id: what belongs to them is told to those only that listen. */
  readonly #executions = new Map<string, CellPlace>();
  readonly #remarks = new Remarks();
  #backend: Backend | undefined;
  #starting: AbortController | undefined;
  #client: AttachedClient | undefined;
  #question: { readonly execution: string; readonly emission: Emission } | undefined;
  #state: StateContent = { state: 'starting' };
  /** Since when nothing ran or was queued and nobody was attached; milliseconds. */
  #quietSince = Date.now();
  onShutDown: () => void = () => undefined;
  /** The notebook has another URI now. */
  onRename: (notebook: string) => Promise<void> = () => Promise.resolve();

  constructor(create: BackendFactory, journal: HostJournal, options: HostOptions) {
    this.#create = create;
    this.#journal = journal;
    this.#options = options;
    this.#queue = new CellQueue((emission, parentId) => {
      this.#tell(emission, parentId);
    });
    this.#queue.onBusy = (busy) => {
      this.#quietSince = Date.now();
      if (this.#backend) this.#setState({ state: busy ? 'busy' : 'idle' });
    };
  }

  /** Milliseconds for which nobody was attached and nothing ran. */
  get quietFor(): number {
    return this.#client || this.#queue.busy ? 0 : Date.now() - this.#quietSince;
  }

  async status(): Promise<Status> {
    const memory = await measure(this.#backend?.processes?.() ?? { main: undefined, checkpoints: [] });
    const { holder } = this.#client ?? {};
    const attached = holder === undefined ? {} : { holder };
    return { state: this.#state, cells: this.#queue.length, ...attached, ...memory };
  }

  /** Starts the interpreter; a failure is the kernel's state, not an exception. */
  async start(): Promise<void> {
    this.#setState({ state: 'starting' });
    const { signal } = (this.#starting = new AbortController());
    try {
      const backend = await this.#create(signal);
      if (signal.aborted) {
        // A restart or the end came first: whoever asked for that says what the state is.
        await backend.close();
        return;
      }
      this.#backend = backend;
      backend.onStray = (emission) => {
        this.#tell(emission, undefined);
      };
      backend.onDeath = (reason) => {
        this.#dead(backend, reason);
      };
      backend.settled(true);
      this.#setState({ state: 'idle' });
    } catch (error) {
      if (!signal.aborted)
        this.#setState({ state: 'dead', reason: error instanceof Error ? error.message : String(error) });
    }
  }

  accept(socket: net.Socket): void {
    const lines = new LineReader();
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      try {
        for (const value of lines.read(text.toString())) {
          if (this.#client?.isOn(socket)) this.#receive(ClientFrame.parse(value).message);
          else
            this.#open(socket, value).catch((error: unknown) => {
              refuse(socket, error instanceof Error ? error.message : String(error));
            });
        }
      } catch (error) {
        refuse(socket, error instanceof Error ? error.message : 'malformed frame');
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (!this.#client?.isOn(socket)) return;
      this.#client = undefined;
      this.#quietSince = Date.now();
      this.#backend?.throttle?.(false);
      if (!this.#options.outlivesClient) this.onShutDown();
    });
  }

  async close(): Promise<void> {
    this.#starting?.abort();
    this.#queue.abortWaiting();
    this.#setState({ state: 'closed' });
    await this.#backend?.close();
    this.#client?.end();
  }

  async #open(socket: net.Socket, value: unknown): Promise<void> {
    const opening = Opening.safeParse(value);
    const asked = AnyAttach.safeParse(value);
    if (asked.success && asked.data.protocol !== protocolVersion) {
      refuse(socket, `the kernel host speaks protocol ${String(protocolVersion)}`);
      return;
    }
    const token = Buffer.from(opening.success ? opening.data.token : '');
    const expected = Buffer.from(this.#options.token);
    if (!opening.success || token.length !== expected.length || !timingSafeEqual(token, expected)) {
      refuse(socket, 'wrong token');
    } else if (opening.data.frame === 'attach') this.#attach(socket, opening.data);
    else if (opening.data.frame === 'status')
      answer(socket, { frame: 'status', status: await this.status() });
    else {
      await this.#control(opening.data.action);
      answer(socket, { frame: 'done' });
    }
  }

  #attach(socket: net.Socket, { holder, takeOver }: Extract<Opening, { frame: 'attach' }>): void {
    const before = this.#client;
    if (before && !takeOver) {
      refuse(socket, 'attached elsewhere', before.holder);
      return;
    }
    if (before) {
      const content = { state: 'takenOver' };
      before.tell({ channel: 'iopub', type: 'rootbook_state', content }, undefined, Date.now(), false);
      before.end();
    }
    const client = (this.#client = new AttachedClient(socket, holder));
    client.onSlow = (slow) => {
      if (this.#client === client) this.#backend?.throttle?.(slow);
    };
    this.#backend?.throttle?.(false);
    client.write({
      frame: 'attached',
      executions: [...this.#journal.executions],
      remarks: [...this.#remarks.all],
    });
    this.#setState(this.#state);
  }

  async #control(action: Extract<Opening, { frame: 'control' }>['action']): Promise<void> {
    if (action.kind === 'rename') await this.onRename(action.notebook);
    else if (action.kind === 'restart') await this.#restart();
    else if (action.kind === 'shutDown') this.onShutDown();
    else this.#interrupt();
  }

  #receive(message: KernelMessage): void {
    const { id, content } = message;
    const reply = (status: 'ok' | 'error', type = message.type.replace(/_request$/, '')): void => {
      this.#tell({ channel: 'control', type: `${type}_reply`, content: { status } }, id);
    };
    switch (message.type) {
      case 'execute_request':
        this.#enqueue(message);
        return;
      case 'interrupt_request':
        this.#interrupt();
        reply('ok');
        return;
      case 'rootbook_go_back':
        this.#queue.interrupt();
        reply(this.#backend?.goBack() === true ? 'ok' : 'error');
        return;
      case 'rootbook_go_back_to':
        void this.#goBackTo(id, GoBackTo.parse(content).cell);
        return;
      case 'rootbook_restart':
        void this.#restart().then(() => {
          reply('ok');
        });
        return;
      case 'rootbook_follow':
        this.#follow(Follow.parse(content).execution);
        return;
      case 'rootbook_saved':
        this.#journal.saved(Saved.parse(content).executions);
        return;
      case 'shutdown_request':
        reply('ok');
        this.onShutDown();
        return;
      case 'input_reply':
        this.#question = undefined;
        break;
      default:
    }
    this.#backend?.handle(message, (emission) => {
      this.#tell(emission, id);
    });
  }

  #enqueue(message: KernelMessage): void {
    const { id } = message;
    const parsed = CellMetadata.safeParse(message.metadata);
    const place = { cellId: id, index: 0, source: '' };
    const metadata = parsed.success ? parsed.data : { language: 'cpp' as const, place, mayFail: false };
    this.#executions.set(id, metadata.place);
    this.#client?.listen(id);
    this.#journal.queued(id, metadata.place);
    this.#queue.add({ message, metadata }, () => this.#backend);
  }

  #follow(execution: string): void {
    const files = this.#journal.filesOf(execution);
    if (!files) {
      const content = { status: 'aborted' };
      this.#client?.listen(execution);
      this.#client?.tell({ channel: 'shell', type: 'execute_reply', content }, execution, Date.now(), true);
      return;
    }
    void this.#client?.replay(execution, files, this.#options.headBytes, () => [
      ...this.#journal.unwritten(execution),
      ...(this.#question?.execution === execution
        ? [{ emission: this.#question.emission, at: Date.now() }]
        : []),
    ]);
  }

  async #goBackTo(request: string, cell: string): Promise<void> {
    this.#queue.interrupt();
    const undone = await this.#backend?.goBackTo?.(cell);
    this.#remarks.undone(undone ?? []);
    const content = undone ? { status: 'ok', undone } : { status: 'error' };
    this.#tell({ channel: 'control', type: 'rootbook_go_back_to_reply', content }, request);
  }

  #interrupt(): void {
    this.#queue.interrupt();
    if (this.#queue.busy) this.#backend?.interrupt();
  }

  async #restart(): Promise<void> {
    this.#starting?.abort();
    this.#queue.reset();
    this.#remarks.restarted();
    const old = this.#backend;
    this.#backend = undefined;
    this.#setState({ state: 'starting' });
    if (old) {
      old.onDeath = () => undefined;
      old.onStray = () => undefined;
      await old.close();
    }
    await this.start();
  }

  #dead(backend: Backend, reason: string): void {
    if (this.#backend !== backend) return;
    this.#backend = undefined;
    this.#queue.abortWaiting();
    this.#remarks.restarted();
    this.#setState({ state: 'dead', reason });
    void backend.close();
  }

  #setState(state: StateContent): void {
    this.#state = state;
    this.#tell({ channel: 'iopub', type: 'rootbook_state', content: { ...state } }, undefined);
  }

  /** To the journal first: what a client was told can always be told again. */
  #tell(emission: Emission, parentId: string | undefined): void {
    const at = Date.now();
    const place = parentId === undefined ? undefined : this.#executions.get(parentId);
    const isExecution = parentId !== undefined && place !== undefined;
    if (isExecution && emission.type === 'input_request') {
      this.#question = { execution: parentId, emission };
      this.#client?.tell(emission, parentId, at, true);
      return;
    }
    const after = isExecution ? this.#journal.record(parentId, emission, at) : [];
    if (parentId === undefined) this.#journal.late(emission, at);
    for (const each of [emission, ...after]) {
      if (place) this.#remarks.note(place, each);
      this.#client?.tell(each, parentId, at, isExecution);
    }
    if (!isExecution || emission.type !== 'execute_reply') return;
    this.#executions.delete(parentId);
    if (this.#question?.execution === parentId) this.#question = undefined;
  }
}

function refuse(socket: net.Socket, reason: string, holder?: string): void {
  answer(socket, { frame: 'refused', reason, ...(holder === undefined ? {} : { holder }) });
}

function answer(socket: net.Socket, frame: HostFrame): void {
  socket.end(toLine(frame));
}
