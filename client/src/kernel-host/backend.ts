import type { KernelMessage } from '../kernels/messages.ts';
import type { CellLanguage } from '../kernels/session.ts';

/** A message on its way to the client; the host adds id and parent. */
export type Emission = Pick<KernelMessage, 'channel' | 'type' | 'content' | 'metadata' | 'buffers'>;

export interface BackendCell {
  readonly code: string;
  readonly language: CellLanguage;
  /** Execution count the cell has; also part of the name that compilers print, `In[3]`. */
  readonly count: number;
  readonly cellId: string;
}

/** Content of the `execute_reply`: `status` is `ok` or `error`; a backend may add to it. */
export interface BackendReply {
  readonly status: 'ok' | 'error';
  readonly [key: string]: unknown;
}

/** By their process ids. */
export interface Processes {
  readonly main: number | undefined;
  readonly checkpoints: readonly number[];
}

/** One interpreter, spoken to in its own way. The host calls `execute` for one cell at a time and counts. */
export interface Backend {
  /**
   * Runs one cell. Everything it shows goes through `emit` before the promise resolves; a failed cell has emitted an
   * `error`. Resolves also when the interpreter dies (then `onDeath` is called as well); rejects only for defects.
   */
  execute(cell: BackendCell, emit: (emission: Emission) => void): Promise<BackendReply>;
  /** Any other request of a client (`complete_request`, `inspect_request`, `input_reply`, comms). May ignore it. */
  handle(message: KernelMessage, emit: (emission: Emission) => void): void;
  /** Returns at once; the running cell ends when it can. */
  interrupt(): void;
  /** Ends the running cell and restores the state before it. `false` where that is impossible. */
  goBack(): boolean;
  /**
   * Restores the state before an earlier cell.
   *
   * @returns cells that are undone by that, oldest first; `undefined` when no checkpoint is that old.
   */
  goBackTo?(cellId: string): Promise<readonly string[] | undefined>;
  /** Called after the start and between cells: a chance for housekeeping. `idle`: nothing is queued. */
  settled(idle: boolean): void;
  /** The process that executes, and the sleeping copies of it. */
  processes?(): Processes;
  /** `true`: the client cannot keep up; stop reading the interpreter's output until told otherwise. */
  throttle?(paused: boolean): void;
  /** Ends the interpreter and everything it started; resolves when it is gone. */
  close(): Promise<void>;
  /** Output that belongs to no cell. */
  onStray: (emission: Emission) => void;
  /** The interpreter ended by itself and is not coming back; the reason is worded for the user. */
  onDeath: (reason: string) => void;
}
