import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Scope } from '../../base/scope.ts';
import { Coalescer } from '../coalescer.ts';
import { MarkReader, type Piece } from '../marks.ts';
import type { StreamName } from '../merge.ts';

/** Milliseconds in which output is gathered before it is passed on. */
const gatherTime = 15;

/**
 * Two named pipes for what a kernel and its C++ code print.
 *
 * Python's own threads cannot read such output while C++ holds Python's lock: it would come late, in another order, and
 * not at all once the pipe is full, which stops the kernel for ever. The host can.
 */
export class OutputPipes {
  readonly paths: Readonly<Record<StreamName, string>>;
  /** Without it nobody can write an end mark. */
  readonly nonce = randomBytes(16).toString('hex');
  readonly #writers: number[] = [];
  readonly #ends: Promise<void>[] = [];
  onPiece: (name: StreamName, piece: Piece) => void = () => undefined;

  private constructor(paths: Readonly<Record<StreamName, string>>, scope: Scope) {
    this.paths = paths;
    for (const name of ['stdout', 'stderr'] as const) this.#open(name, scope);
    scope.defer(() => {
      this.#closeWriters();
    });
  }

  /** @returns undefined where there are no named pipes. */
  static async create(folder: string, scope: Scope): Promise<OutputPipes | undefined> {
    const paths = { stdout: path.join(folder, 'stdout'), stderr: path.join(folder, 'stderr') };
    try {
      await promisify(execFile)('mkfifo', ['-m', '600', paths.stdout, paths.stderr]);
    } catch {
      return undefined;
    }
    return new OutputPipes(paths, scope);
  }

  /** After the end of the kernel: resolves when all that it wrote was read, at the latest after `patience` milliseconds. */
  async drained(patience: number): Promise<void> {
    this.#closeWriters();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
    await Promise.race([Promise.all(this.#ends), late]);
    clearTimeout(timer);
  }

  #open(name: StreamName, scope: Scope): void {
    const reader = openSync(this.paths[name], constants.O_RDONLY | constants.O_NONBLOCK);
    // Without a writer of our own a pipe seems at its end before the kernel has opened it.
    this.#writers.push(openSync(this.paths[name], constants.O_WRONLY | constants.O_NONBLOCK));
    const socket = new net.Socket({ fd: reader, readable: true, writable: false });
    scope.defer(() => {
      socket.destroy();
    });
    const gathered = new Coalescer(gatherTime, (_, text) => {
      this.onPiece(name, { text });
    });
    const marks = new MarkReader(this.nonce);
    socket.on('data', (chunk: Buffer) => {
      for (const piece of marks.read(chunk)) {
        if ('text' in piece) gathered.push(name, piece.text);
        else {
          // Marks do not wait.
          gathered.flush();
          this.onPiece(name, piece);
        }
      }
    });
    socket.on('error', () => undefined);
    this.#ends.push(
      new Promise((resolve) => {
        socket.once('close', () => {
          const text = marks.end();
          if (text !== '') gathered.push(name, text);
          gathered.flush();
          resolve();
        });
      }),
    );
  }

  #closeWriters(): void {
    for (const writer of this.#writers.splice(0)) closeSync(writer);
  }
}
