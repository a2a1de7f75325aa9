import type { Piece } from '../marks.ts';

export type StreamName = 'stdout' | 'stderr';

interface Pipe {
  readonly waiting: Piece[];
  /** The last mark that was read. */
  passed: number;
}

/**
 * Puts what a kernel writes to its pipes and what it publishes back into the order in which it did both.
 *
 * The agent numbers the messages that must keep their place, and writes the number into both pipes before it sends one. A
 * message waits until both pipes have come to its mark; a pipe waits at a mark until its message came. A lost message
 * holds up nothing: the next one overtakes it.
 */
export class Merge<Message> {
  readonly #onText: (name: StreamName, text: string) => void;
  readonly #onMessage: (message: Message) => void;
  readonly #pipes: Readonly<Record<StreamName, Pipe>> = {
    stdout: { waiting: [], passed: 0 },
    stderr: { waiting: [], passed: 0 },
  };
  readonly #messages: { readonly message: Message; readonly mark: number }[] = [];
  #released = 0;

  constructor(onText: (name: StreamName, text: string) => void, onMessage: (message: Message) => void) {
    this.#onText = onText;
    this.#onMessage = onMessage;
  }

  addPiece(name: StreamName, piece: Piece): void {
    this.#pipes[name].waiting.push(piece);
    this.#advance();
  }

  /** @param mark 0 for a message whose place among the output does not matter. */
  addMessage(message: Message, mark: number): void {
    this.#messages.push({ message, mark });
    this.#advance();
  }

  /** Nothing more will come: lets go of all that waits. */
  end(): void {
    this.#released = Number.POSITIVE_INFINITY;
    this.#readPipes();
    for (const { message } of this.#messages.splice(0)) this.#onMessage(message);
  }

  #advance(): void {
    for (;;) {
      this.#readPipes();
      const [next] = this.#messages;
      if (!next) return;
      this.#released = Math.max(this.#released, next.mark - 1);
      this.#readPipes();
      if (Object.values(this.#pipes).some((pipe) => pipe.passed < next.mark)) return;
      this.#released = Math.max(this.#released, next.mark);
      this.#messages.shift();
      this.#onMessage(next.message);
    }
  }

  #readPipes(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const pipe = this.#pipes[name];
      while (pipe.passed <= this.#released) {
        const piece = pipe.waiting.shift();
        if (!piece) break;
        if ('text' in piece) this.#onText(name, piece.text);
        else pipe.passed = piece.mark;
      }
    }
  }
}
