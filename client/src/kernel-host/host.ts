import { timingSafeEqual } from 'node:crypto';
import type net from 'node:net';
import type { KernelMessage } from '../kernels/messages.ts';
import type { Backend, Emission } from './backend.ts';
import {
  Attach,
  ClientFrame,
  type HostFrame,
  LineReader,
  protocolVersion,
  type StateContent,
  toLine,
} from './frames.ts';
import { CellQueue } from './queue.ts';

/** Starts the interpreter. @throws {Error} whose message is worded for the user. */
export type BackendFactory = (signal: AbortSignal) => Promise<Backend>;

/** Bytes that may wait for a slow client before the interpreter is made to wait. */
const highWater = 4 * 1024 * 1024;

/** One kernel and the client that is attached to it, if any. */
export class Host {
  readonly #create: BackendFactory;
  readonly #token: Buffer;
  readonly #queue: CellQueue;
  readonly #outlivesClient: boolean;
  #backend: Backend | undefined;
  #starting: AbortController | undefined;
  #client: net.Socket | undefined;
  #state: StateContent = { state: 'starting' };
  #messages = 0;
  #throttled = false;
  /** Since when nothing ran or was queued and nobody was attached; milliseconds. */
  #quietSince = Date.now();
  onShutDown: () => void = () => undefined;

  /** @param outlivesClient whether the kernel goes on when its client goes. */
  constructor(create: BackendFactory, token: string, outlivesClient: boolean) {
    this.#outlivesClient = outlivesClient;
    this.#create = create;
    this.#token = Buffer.from(token);
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
    let attached = false;
    socket.on('data', (text) => {
      try {
        for (const value of lines.read(text.toString())) {
          if (attached) this.#receive(ClientFrame.parse(value).message);
          else attached = this.#attach(socket, value);
        }
      } catch (error) {
        this.#refuse(socket, error instanceof Error ? error.message : 'malformed frame');
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => {
      this.#throttle(false);
    });
    socket.on('close', () => {
      if (this.#client !== socket) return;
      this.#client = undefined;
      this.#quietSince = Date.now();
      this.#throttle(false);
      if (!this.#outlivesClient) this.onShutDown();
    });
  }

  async close(): Promise<void> {
    this.#starting?.abort();
    this.#queue.abortWaiting();
    this.#setState({ state: 'closed' });
    await this.#backend?.close();
    this.#client?.end();
  }

  #attach(socket: net.Socket, value: unknown): boolean {
    const attach = Attach.safeParse(value);
    const token = Buffer.from(attach.success ? attach.data.token : '');
    if (!attach.success || token.length !== this.#token.length || !timingSafeEqual(token, this.#token)) {
      this.#refuse(socket, 'wrong token');
      return false;
    }
    if (attach.data.protocol !== protocolVersion) {
      this.#refuse(socket, `the host speaks protocol ${String(protocolVersion)}`);
      return false;
    }
    if (this.#client) {
      this.#refuse(socket, 'attached elsewhere');
      return false;
    }
    this.#client = socket;
    this.#write({ frame: 'attached' });
    this.#setState(this.#state);
    return true;
  }

  #refuse(socket: net.Socket, reason: string): void {
    socket.end(toLine({ frame: 'refused', reason }));
  }

  #receive(message: KernelMessage): void {
    const emit = (emission: Emission): void => {
      this.#tell(emission, message.id);
    };
    switch (message.type) {
      case 'execute_request':
        this.#queue.add(message, () => this.#backend);
        return;
      case 'interrupt_request':
        this.#queue.interrupt();
        if (this.#queue.busy) this.#backend?.interrupt();
        emit({ channel: 'control', type: 'interrupt_reply', content: { status: 'ok' } });
        return;
      case 'rootbook_go_back': {
        this.#queue.interrupt();
        const done = this.#backend?.goBack() ?? false;
        emit({
          channel: 'control',
          type: 'rootbook_go_back_reply',
          content: { status: done ? 'ok' : 'error' },
        });
        return;
      }
      case 'rootbook_restart':
        void this.#restart().then(() => {
          emit({ channel: 'control', type: 'rootbook_restart_reply', content: { status: 'ok' } });
        });
        return;
      case 'shutdown_request':
        emit({ channel: 'control', type: 'shutdown_reply', content: { status: 'ok' } });
        this.onShutDown();
        return;
      default:
        this.#backend?.handle(message, emit);
    }
  }

  async #restart(): Promise<void> {
    this.#starting?.abort();
    this.#queue.reset();
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
    this.#setState({ state: 'dead', reason });
    void backend.close();
  }

  #setState(state: StateContent): void {
    this.#state = state;
    this.#tell({ channel: 'iopub', type: 'rootbook_state', content: { ...state } }, undefined);
  }

  #tell(emission: Emission, parentId: string | undefined): void {
    const id = `h${String(++this.#messages)}`;
    this.#write({
      frame: 'message',
      message: { ...emission, id, ...(parentId === undefined ? {} : { parentId }) },
    });
  }

  #write(frame: HostFrame): void {
    const client = this.#client;
    if (!client) return;
    // Messages of one moment go out together.
    if (client.writableCorked === 0) {
      client.cork();
      setImmediate(() => {
        client.uncork();
      });
    }
    client.write(toLine(frame));
    if (client.writableLength > highWater) this.#throttle(true);
  }

  #throttle(paused: boolean): void {
    if (this.#throttled === paused) return;
    this.#throttled = paused;
    this.#backend?.throttle?.(paused);
  }
}
