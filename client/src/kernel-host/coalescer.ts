/** Characters that are sent on without waiting. */
const enough = 64 * 1024;

type Name = 'stdout' | 'stderr';

/** Joins pieces of output that follow each other, so that a loop of small prints is not a flood of messages. */
export class Coalescer {
  readonly #send: (name: Name, text: string) => void;
  readonly #patience: number;
  #name: Name = 'stdout';
  #parts: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param patience milliseconds that small pieces wait for more of their kind. */
  constructor(patience: number, send: (name: Name, text: string) => void) {
    this.#patience = patience;
    this.#send = send;
  }

  push(name: Name, text: string): void {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length >= enough) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, this.#patience);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#parts.length === 0) return;
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    this.#send(this.#name, text);
  }
}
