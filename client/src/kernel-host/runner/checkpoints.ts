/** A sleeping copy, and how many cells had run when it was taken. */
export interface Checkpoint {
  readonly id: number;
  readonly cells: number;
}

/** Milliseconds between checkpoints while cells follow each other at once. */
const shortestInterval = 100;
/** Of the time of a Run All, checkpoints may take one part in this many. */
const share = 30;

/** Decides when a checkpoint is worth its cost: always when nothing waits, and now and then during a Run All. */
export class CheckpointPolicy {
  #takenAt = -Infinity;
  #cost = 0;
  #cellsAtLast = -1;
  #id = 0;

  /** @param cells how many cells have run. @param now milliseconds. @returns the id of the checkpoint to take. */
  next(cells: number, idle: boolean, now: number): Checkpoint | undefined {
    if (cells === this.#cellsAtLast) return undefined;
    if (!idle && now - this.#takenAt < Math.max(shortestInterval, share * this.#cost)) return undefined;
    this.#takenAt = now;
    this.#cellsAtLast = cells;
    return { id: ++this.#id, cells };
  }

  /** @param milliseconds what the last fork took; it grows with the heap. */
  measured(milliseconds: number): void {
    this.#cost = milliseconds;
  }

  /** After a restore nothing sleeps any more. */
  consumed(): void {
    this.#cellsAtLast = -1;
    this.#takenAt = -Infinity;
  }
}
