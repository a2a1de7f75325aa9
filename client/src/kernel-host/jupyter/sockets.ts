import { randomUUID } from 'node:crypto';
import { Dealer, Request, Subscriber } from 'zeromq';
import type { Log } from '../../base/log.ts';
import type { Scope } from '../../base/scope.ts';
import { decode, encode, type WireMessage } from '../../kernels/jupyter-wire.ts';
import type { KernelMessage } from '../../kernels/messages.ts';
import { type Connection, endpoint } from './connection.ts';

type Out = 'shell' | 'stdin' | 'control';

/** Milliseconds between attempts to connect: a starting kernel binds its sockets one after the other. */
const reconnectInterval = 10;

const unlimited = { linger: 0, reconnectInterval, receiveHighWaterMark: 0 } as const;

/**
 * The five sockets of one kernel. Frames that are not a signed message of this connection are logged and dropped.
 */
export class KernelSockets {
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #sender = { session: randomUUID(), username: 'rootbook' };
  readonly #out: Readonly<Record<Out, Dealer>>;
  readonly #iopub = new Subscriber(unlimited);
  readonly #heartbeat = new Request({ linger: 0, reconnectInterval });
  #sending: Promise<unknown> = Promise.resolve();
  onMessage: (message: KernelMessage) => void = () => undefined;

  constructor(connection: Connection, log: Log, scope: Scope) {
    this.#connection = connection;
    this.#log = log;
    // A kernel sends its questions on stdin to whoever has the identity that asked on shell.
    const dealer = (): Dealer =>
      new Dealer({ ...unlimited, sendHighWaterMark: 0, routingId: this.#sender.session });
    this.#out = { shell: dealer(), stdin: dealer(), control: dealer() };
    for (const [channel, socket] of Object.entries(this.#out)) this.#open(socket, channel as Out, scope);
    this.#iopub.subscribe();
    this.#open(this.#iopub, 'iopub', scope);
    this.#heartbeat.connect(endpoint(connection, 'hb'));
    scope.defer(() => {
      this.#heartbeat.close();
    });
  }

  /** Sends a message and gives it an id. Sends happen in the order of the calls. */
  send(channel: Out, message: Omit<WireMessage, 'id'> & { readonly id?: string }): string {
    const id = message.id ?? randomUUID();
    const frames = encode({ ...message, id }, this.#sender, this.#connection.key);
    this.#sending = this.#sending
      .then(() => this.#out[channel].send(frames))
      .catch((error: unknown) => {
        this.#log.debug(`${message.type} was not sent: ${String(error)}`);
      });
    return id;
  }

  /** Asks the kernel's heart, which answers also while a cell runs, and resolves at its answer. */
  async beat(): Promise<void> {
    await this.#heartbeat.send('rootbook');
    await this.#heartbeat.receive();
  }

  /** Resolves when the kernel's end of iopub is gone, or after `patience` milliseconds. */
  hungUp(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#iopub.events.on('disconnect', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #open(socket: Dealer | Subscriber, channel: Out | 'iopub', scope: Scope): void {
    socket.connect(endpoint(this.#connection, channel));
    scope.defer(() => {
      socket.close();
    });
    void this.#receive(socket, channel);
  }

  async #receive(socket: Dealer | Subscriber, channel: Out | 'iopub'): Promise<void> {
    try {
      for await (const frames of socket) {
        const decoded = decode(frames, this.#connection.key);
        if (decoded.kind === 'message') this.onMessage({ ...decoded.message, channel });
        else this.#log.warn(`dropped a message on ${channel}: ${decoded.reason}`);
      }
    } catch (error) {
      if (!socket.closed) this.#log.error(`the ${channel} socket broke: ${String(error)}`);
    }
  }
}
