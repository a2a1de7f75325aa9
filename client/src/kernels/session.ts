import type { CellEvent } from './cell-events.ts';

export type CellLanguage = 'cpp' | 'python';

/** One cell to run. `cellId` names it in notices about other cells, such as which ones a crash undid. */
export interface CellRequest {
  readonly code: string;
  readonly language: CellLanguage;
  readonly cellId: string;
  /** Where the queue goes on although this cell fails (tag `raises-exception`). */
  readonly mayFail: boolean;
}

/** `dead`: the interpreter is gone and `restart` is the only way on; `reason` is worded for the user. */
export type KernelState =
  | { readonly kind: 'starting' | 'idle' | 'busy' | 'closed' }
  | { readonly kind: 'dead'; readonly reason: string };

/** A conversation with one kernel. The kernel side owns the queue: send all cells of a Run All at once. */
export interface Session {
  /**
   * Queues a cell and yields what happens to it; the last event is `done`, also after a crash.
   *
   * When `signal` fires the iteration throws `AbortError`; the kernel is not interrupted by that.
   * @throws {UserError} when the connection ends before the cell does.
   */
  execute(request: CellRequest, signal: AbortSignal): AsyncIterable<CellEvent>;
  /** Asks the running cell to stop at a safe point and takes all queued ones out of the queue. */
  interrupt(): Promise<void>;
  /** Ends the running cell at once and brings the session back to what it was before that cell. */
  goBack(): Promise<void>;
  /** A fresh interpreter in the same kernel host. Queued cells are aborted. */
  restart(signal: AbortSignal): Promise<void>;
  /** Ends kernel and host. */
  shutDown(): Promise<void>;
  /** Leaves the kernel running and lets go of it. */
  detach(): Promise<void>;
  readonly state: KernelState;
  /** @returns a function that stops listening. */
  onState(listener: (state: KernelState) => void): () => void;
  /** Output that belongs to no cell: threads that print on, later events. @returns a function that stops listening. */
  onStray(listener: (event: CellEvent) => void): () => void;
}
