import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface KernelCommand {
  readonly executable: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * Waits in the kernel's process group until the pipe on descriptor 3, whose other end only the host has, is closed;
 * then ends the group. Unlike ipykernel's own watch of its parent it works while C++ holds Python's lock, on machines
 * where orphans are not adopted by process 1, and for what user code started.
 */
const guard = `trap '' INT TERM HUP; exec 0</dev/null 1>/dev/null 2>/dev/null; read -r line <&3; kill -KILL 0`;
// Forked twice: user code that waits for its children must not meet it.
const guarded = `( (${guard}) & ); exec 3<&- "$@"`;

const keptCharacters = 16_384;

/** A kernel's process, in a session of its own together with all that it starts. */
export class KernelProcess {
  readonly #child: ChildProcess;
  #stderr = '';
  /** Resolves when the process has ended and all that it wrote was read. */
  readonly ended: Promise<Ending>;
  #ending: Ending | undefined;

  constructor(command: KernelCommand) {
    this.#child = spawn('/bin/sh', ['-c', guarded, 'sh', command.executable, ...command.args], {
      cwd: command.folder,
      env: { ...command.environment, JPY_PARENT_PID: String(process.pid) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    // A kernel copies what C++ prints to its own stdout as well; unread, the pipe would fill and stop it.
    this.#child.stdout?.resume();
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptCharacters);
    });
    this.#child.stdio[3]?.on('error', () => undefined);
    this.ended = this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#ending === undefined;
  }

  /** The last that the process wrote to its stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Signals the process and all that it started, as a terminal does. */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, name);
    } catch {
      // Nobody is left in the group.
    }
  }

  /** Stops the process where it is, or lets it go on. What it started is not stopped. */
  pause(paused: boolean): void {
    if (this.running) this.#child.kill(paused ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Waits for the end at most that many milliseconds. @returns whether it came. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, milliseconds);
    });
    const inTime = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  async #watch(): Promise<Ending> {
    try {
      const [code, signal] = (await once(this.#child, 'exit')) as [number | null, string | null];
      this.#ending = { code, signal };
    } catch (error) {
      this.#stderr += String(error);
      this.#ending = { code: null, signal: null };
      return this.#ending;
    }
    // The guard then ends what the kernel left behind, which also closes the pipes.
    this.#child.stdio[3]?.destroy();
    if (this.#child.stderr && !this.#child.stderr.closed) await once(this.#child.stderr, 'close');
    return this.#ending;
  }
}
