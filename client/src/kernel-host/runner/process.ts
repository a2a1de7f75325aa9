import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import type { Processes } from '../backend.ts';
import { newSocketPath } from '../records.ts';
import { type Crash, command, FrameReader, type Received } from './frames.ts';
import { MarkReader, type Piece } from '../marks.ts';
import type { Ending, Threads } from './wording.ts';

/** How `root.exe` is started so that it becomes a runner. */
export interface RunnerCommand {
  readonly executable: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the processes of one runner say, in the order in which each says it. */
export interface RunnerListener {
  onFrame(received: Received): void;
  onOutput(name: 'stdout' | 'stderr', piece: Piece): void;
  /** The main process is gone; sleeping copies may still be there. */
  onMainGone(ending: Ending): void;
  onCheckpoint(id: number, forkMs: number, threads: Threads): void;
  /** A connection was closed because of what came over it. */
  onDropped(error: unknown): void;
  /** `root.exe` as it was started ended before it said hello. */
  onFailedStart(code: number | null, signal: string | null): void;
}

interface Peer {
  readonly socket: net.Socket;
  readonly pid: number;
  readonly checkpoint: number | undefined;
  crash: Crash | undefined;
}

/** Milliseconds to wait for the reaper to say how a process ended. */
const endingPatience = 300;

/** The processes of one runner: reaper, main and sleeping copies, each on its own connection. */
export class RunnerProcess {
  readonly #listener: RunnerListener;
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #server: net.Server;
  readonly #child: ChildProcess;
  readonly #copies = new Map<number, Peer>();
  readonly #endings = new Map<number, { code: number | undefined; signal: number | undefined }>();
  #main: Peer | undefined;
  #reaper: Peer | undefined;
  #closing = false;

  private constructor(
    server: net.Server,
    socketPath: string,
    start: RunnerCommand,
    listener: RunnerListener,
  ) {
    this.#listener = listener;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#greet(socket);
    });
    this.#child = spawn(start.executable, start.args, {
      cwd: start.folder,
      env: { ...start.environment, ROOTBOOK_SOCKET: socketPath, ROOTBOOK_NONCE: this.#nonce },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.on('error', () => {
      listener.onFailedStart(null, null);
    });
    this.#child.on('exit', (code, signal) => {
      void rm(socketPath, { force: true });
      if (!this.#reaper && !this.#main && !this.#closing) listener.onFailedStart(code, signal);
    });
    this.#read('stdout');
    this.#read('stderr');
  }

  /** Starts `root.exe`; everything after that is told to the listener. */
  static async start(start: RunnerCommand, listener: RunnerListener): Promise<RunnerProcess> {
    const socketPath = await newSocketPath();
    const server = net.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
    return new RunnerProcess(server, socketPath, start, listener);
  }

  /** Whether a main process is there to take cells. */
  get alive(): boolean {
    return this.#main !== undefined;
  }

  /** Ids of the sleeping copies. */
  get checkpoints(): readonly number[] {
    return [...this.#copies.keys()];
  }

  /** As the system numbers them. */
  get pids(): Processes {
    return { main: this.#main?.pid, checkpoints: [...this.#copies.values()].map(({ pid }) => pid) };
  }

  send(bytes: Buffer): void {
    this.#main?.socket.write(bytes);
  }

  /** Makes a sleeping copy the main process. @param cell whose end marks it writes; 0 for none. */
  wake(checkpoint: number, cell: number): boolean {
    const copy = this.#copies.get(checkpoint);
    if (!copy) return false;
    this.#copies.delete(checkpoint);
    this.#main = copy;
    copy.socket.write(command('wake', { cell }));
    return true;
  }

  discard(checkpoint: number): void {
    this.#copies.get(checkpoint)?.socket.destroy();
    this.#copies.delete(checkpoint);
  }

  /** As Ctrl+C in a terminal, if that cell still runs. @param ask the same when it is only said again. */
  interrupt(cell: number, ask: number): void {
    this.#reaper?.socket.write(command('interrupt', { cell, ask }));
  }

  /** Ends the main process at once, whatever it does. */
  killMain(): void {
    if (this.#main) this.#signal(this.#main.pid, 'SIGKILL');
  }

  /** Stops reading the user's streams, so that a cell that prints without end waits; `false` goes on. */
  pause(paused: boolean): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (paused) stream?.pause();
      else stream?.resume();
    }
  }

  /** Ends all processes; resolves when the first one is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    const ended =
      this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
    const exit = ended ? Promise.resolve() : new Promise((resolve) => this.#child.once('exit', resolve));
    for (const copy of this.#copies.values()) copy.socket.destroy();
    this.#main?.socket.destroy();
    this.killMain();
    this.#reaper?.socket.destroy();
    // The reaper ends what is left of its session; the group is killed in case it could not.
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 1000))]);
    this.#signal(-(this.#child.pid ?? 0), 'SIGKILL');
    await exit;
    this.#server.close();
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    if (pid === 0) return;
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already.
    }
  }

  #read(name: 'stdout' | 'stderr'): void {
    const marks = new MarkReader(this.#nonce);
    this.#child[name]?.on('data', (chunk: Buffer) => {
      for (const piece of marks.read(chunk)) this.#listener.onOutput(name, piece);
    });
    this.#child[name]?.on('end', () => {
      const text = marks.end();
      if (text !== '') this.#listener.onOutput(name, { text });
    });
  }

  #greet(socket: net.Socket): void {
    const reader = new FrameReader();
    let peer: Peer | undefined;
    socket.on('data', (chunk) => {
      try {
        for (const received of reader.read(chunk)) {
          if (peer) this.#hear(peer, received);
          else peer = this.#admit(socket, received);
        }
      } catch (error) {
        // Not one of ours, or it does not speak as it should: of no use any more.
        this.#listener.onDropped(error);
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (peer) this.#gone(peer);
    });
  }

  #admit(socket: net.Socket, { frame }: Received): Peer {
    if (frame.frame !== 'hello' || frame.nonce !== this.#nonce) throw new Error('not a runner');
    const peer: Peer = { socket, pid: frame.pid, checkpoint: frame.checkpoint, crash: undefined };
    if (frame.role === 'reaper') this.#reaper = peer;
    else if (frame.role === 'main') this.#main = peer;
    else if (frame.checkpoint !== undefined) {
      this.#copies.set(frame.checkpoint, peer);
      const names = (frame.threadNames ?? '').split('\n').filter((name) => name !== '');
      this.#listener.onCheckpoint(frame.checkpoint, frame.forkMs ?? 0, { count: frame.threads ?? 0, names });
    }
    return peer;
  }

  #hear(peer: Peer, received: Received): void {
    const { frame } = received;
    if (frame.frame === 'ended') this.#endings.set(frame.pid, { code: frame.code, signal: frame.signal });
    else if (frame.frame === 'crash') peer.crash = frame;
    else this.#listener.onFrame(received);
  }

  #gone(peer: Peer): void {
    if (peer === this.#main) void this.#mourn(peer);
    else if (peer === this.#reaper) this.#reaper = undefined;
    else if (peer.checkpoint !== undefined && this.#copies.get(peer.checkpoint) === peer)
      this.#copies.delete(peer.checkpoint);
  }

  async #mourn(peer: Peer): Promise<void> {
    this.#main = undefined;
    if (this.#closing) return;
    for (
      let waited = 0;
      !this.#endings.has(peer.pid) && !peer.crash && this.#reaper && waited < endingPatience;
      waited += 5
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    const ending = this.#endings.get(peer.pid);
    this.#endings.delete(peer.pid);
    this.#listener.onMainGone({ crash: peer.crash, code: ending?.code, signal: ending?.signal });
  }
}
