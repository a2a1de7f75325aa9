import { StringDecoder } from 'node:string_decoder';

/** A piece of one of the user's streams: text, the end mark of a cell, or the place of a message. */
export type Piece = { readonly text: string } | { readonly mark: number } | { readonly message: number };

/**
 * Takes the marks out of stdout or stderr, also when one is cut by a chunk's border, and decodes the rest.
 *
 * A mark is `ESC _ rootbook;NONCE;CELL ESC \`; nobody can print one who does not know the nonce.
 * A negative number marks the place of a message that is sent elsewhere.
 */
export class MarkReader {
  readonly #start: Buffer;
  readonly #decoder = new StringDecoder('utf8');
  #held = Buffer.alloc(0);

  constructor(nonce: string) {
    this.#start = Buffer.from(`\u001b_rootbook;${nonce};`);
  }

  read(chunk: Buffer): Piece[] {
    let bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    const pieces: Piece[] = [];
    for (;;) {
      const at = bytes.indexOf(this.#start);
      if (at < 0) break;
      const end = bytes.indexOf('\u001b\\', at + this.#start.length);
      if (end < 0) {
        this.#text(bytes.subarray(0, at), pieces);
        this.#held = Buffer.from(bytes.subarray(at));
        return pieces;
      }
      this.#text(bytes.subarray(0, at), pieces);
      const number = Number(bytes.toString('latin1', at + this.#start.length, end));
      pieces.push(number < 0 ? { message: -number } : { mark: number });
      bytes = bytes.subarray(end + 2);
    }
    const keep = this.#partialStart(bytes);
    this.#text(bytes.subarray(0, bytes.length - keep), pieces);
    this.#held = Buffer.from(bytes.subarray(bytes.length - keep));
    return pieces;
  }

  /** What is held back when the stream ends. */
  end(): string {
    return this.#decoder.write(this.#held) + this.#decoder.end();
  }

  #text(bytes: Buffer, pieces: Piece[]): void {
    const text = this.#decoder.write(bytes);
    if (text !== '') pieces.push({ text });
  }

  /** How many bytes at the end could be the start of a mark. */
  #partialStart(bytes: Buffer): number {
    const from = Math.max(0, bytes.length - this.#start.length + 1);
    for (let at = bytes.indexOf(0x1b, from); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
      const length = bytes.length - at;
      if (this.#start.subarray(0, length).equals(bytes.subarray(at))) return length;
    }
    return 0;
  }
}
