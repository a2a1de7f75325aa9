import { once } from 'node:events';
import type net from 'node:net';
import type { Emission } from './backend.ts';
import { Coalescer } from './coalescer.ts';
import { type HostFrame, toLine } from './frames.ts';
import type { ExecutionFiles } from './journal-format.ts';
import { readExecution, type Said, streamOf } from './journal-reader.ts';

/** Bytes that may wait for a slow client before the interpreter is made to wait. */
const highWater = 4 * 1024 * 1024;
/** Milliseconds that small pieces of output wait for more of their kind. */
const patience = 8;

let messages = 0;

/** The window that has the kernel: what it is told, in which order, and no faster than it reads. */
export class AttachedClient {
  readonly holder: string;
  readonly #socket: net.Socket;
  readonly #text: Coalescer;
  /** Executions that it is told of as they go. */
  readonly #live = new Set<string>();
  #textOf: string | undefined;
  #slow = false;
  /** It cannot keep up, or can again. */
  onSlow: (slow: boolean) => void = () => undefined;

  constructor(socket: net.Socket, holder: string) {
    this.#socket = socket;
    this.holder = holder;
    this.#text = new Coalescer(patience, (name, text) => {
      this.#send(streamOf(name, text), this.#textOf, undefined);
    });
    socket.on('drain', () => {
      this.#setSlow(false);
    });
  }

  isOn(socket: net.Socket): boolean {
    return this.#socket === socket;
  }

  /** From now on it is told what happens to this execution. */
  listen(execution: string): void {
    this.#live.add(execution);
  }

  /** @param parentId request that this belongs to; of executions, only those are told that it listens to. */
  tell(emission: Emission, parentId: string | undefined, at: number, isExecution: boolean): void {
    if (isExecution && parentId !== undefined && !this.#live.has(parentId)) return;
    const { name, text } = emission.content;
    if (emission.type === 'stream' && (name === 'stdout' || name === 'stderr') && typeof text === 'string') {
      if (this.#textOf !== parentId) this.#text.flush();
      this.#textOf = parentId;
      this.#text.push(name, text);
      return;
    }
    this.#text.flush();
    this.#send(emission, parentId, at);
  }

  /** Tells an execution from its start, then listens to it. @param last what is not in its files, such as a question. */
  async replay(
    execution: string,
    files: ExecutionFiles,
    headBytes: number,
    last: () => readonly Said[],
  ): Promise<void> {
    if (this.#live.has(execution)) return;
    for (const { emission, at } of readExecution(files, headBytes)) {
      this.#send(emission, execution, at);
      if (this.#socket.writableLength > highWater && !this.#socket.destroyed) {
        await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]);
      }
      if (this.#socket.destroyed) return;
    }
    // Nothing has happened since the last look into the journal: no moment was given away.
    this.#live.add(execution);
    for (const { emission, at } of last()) this.#send(emission, execution, at);
  }

  write(frame: HostFrame): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    // Messages of one moment go out together.
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => {
        socket.uncork();
      });
    }
    socket.write(toLine(frame));
    if (socket.writableLength > highWater) this.#setSlow(true);
  }

  end(): void {
    this.#text.flush();
    this.#socket.end();
  }

  #send(emission: Emission, parentId: string | undefined, at: number | undefined): void {
    const id = `h${String(++messages)}`;
    const parent = parentId === undefined ? {} : { parentId };
    this.write({
      frame: 'message',
      message: { ...emission, id, ...parent, ...(at === undefined ? {} : { at }) },
    });
  }

  #setSlow(slow: boolean): void {
    if (this.#slow === slow) return;
    this.#slow = slow;
    this.onSlow(slow);
  }
}
