/** Milliseconds over which the changes of many short cells are gathered: shorter than an eye sees, long for an editor. */
const interval = 150;

/**
 * Does pieces of work in the order in which they come: each at once, or, while there is a crowd, together a few times a
 * second. The editor lays out a notebook anew for every moment in which a cell changes, not for every change.
 */
export class Pacer {
  readonly #isCrowded: () => boolean;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param isCrowded whether many cells wait to run. */
  constructor(isCrowded: () => boolean) {
    this.#isCrowded = isCrowded;
  }

  do(work: () => void): void {
    if (this.#timer === undefined && !this.#isCrowded()) {
      work();
      return;
    }
    this.#waiting.push(work);
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, interval);
    if (!this.#isCrowded()) this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = this.#waiting;
    this.#waiting = [];
    for (const work of all) work();
  }
}
