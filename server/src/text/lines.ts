/** A place in a text, counted from 0; `character` in UTF-16 units, as the protocol wants it. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

/** Turns offsets, and the bytes in which the compiler counts, into places. */
export class Lines {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  placeOf(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - (this.#starts[low] ?? 0) };
  }

  offsetOf({ line, character }: Place): number {
    const start = this.#starts[line] ?? this.#text.length;
    const end = this.#starts[line + 1] ?? this.#text.length + 1;
    return Math.min(start + character, end - 1);
  }

  /** @param line and `column`, both counted from 1; the column in bytes of UTF-8. */
  offsetOfBytes(line: number, column: number): number {
    const start = this.#starts[line - 1] ?? this.#text.length;
    const end = this.#starts[line] ?? this.#text.length;
    const before = Buffer.from(this.#text.slice(start, end))
      .subarray(0, column - 1)
      .toString();
    return start + before.length;
  }

  /** Bytes of UTF-8 between the start of its line and an offset. */
  bytesBefore(offset: number): number {
    const { character } = this.placeOf(offset);
    return Buffer.byteLength(this.#text.slice(offset - character, offset));
  }
}
