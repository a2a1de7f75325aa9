import type { Piece } from './marks.ts';

export type StreamName = 'stdout' | 'stderr';

type Passed = Exclude<Piece, { readonly message: number }>;

interface Pipe {
  readonly waiting: Piece[];
  /** The last message whose place was read. */
  passed: number;
}

/**
 * Puts what a kernel writes to its pipes and what it publishes back into the order in which it did both.
 *
 * The kernel numbers the messages that must keep their place, and writes the number into both pipes before it sends one. A
 * message waits until both pipes have come to its mark; a pipe waits at a mark until its message came. A lost message
 * holds up nothing for long: the next one overtakes it.
 */
export class Merge<Message> {
  readonly #onPiece: (name: StreamName, piece: Passed) => void;
  readonly #onMessage: (message: Message) => void;
  readonly #pipes: Readonly<Record<StreamName, Pipe>> = {
    stdout: { waiting: [], passed: 0 },
    stderr: { waiting: [], passed: 0 },
  };
  readonly #messages: { readonly message: Message; readonly mark: number }[] = [];
  #released = 0;

  /** @param onPiece is told what is no mark of a message. */
  constructor(onPiece: (name: StreamName, piece: Passed) => void, onMessage: (message: Message) => void) {
    this.#onPiece = onPiece;
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

  /** No message up to this one will come any more. */
  release(mark: number): void {
    this.#released = Math.max(this.#released, mark);
    this.#advance();
  }

  /** Nothing more will come: lets go of all that waits. */
  end(): void {
    this.release(Number.POSITIVE_INFINITY);
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
        if ('message' in piece) pipe.passed = piece.message;
        else this.#onPiece(name, piece);
      }
    }
  }
}
