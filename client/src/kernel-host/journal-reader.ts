import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { lateHeading } from '../kernels/cell-events.ts';
import type { Execution } from '../kernels/execution.ts';
import type { Emission } from './backend.ts';
import { Entry, type ExecutionFiles, Header } from './journal-format.ts';

const chunkBytes = 64 * 1024;
/** Bytes of entries that are read before any is given on. */
const batchBytes = 1024 ** 2;
/** Bytes of the end of a text that is too long to be given back whole. */
const tailBytes = 64 * 1024;

/** Something that was said in an execution, and when, in milliseconds since the epoch. */
export interface Said {
  readonly emission: Emission;
  readonly at: number | undefined;
}

/**
 * Gives back what a journal took in of one execution, in its order.
 *
 * The files may still grow: when the generator ends, all that was written by then has been given. Of a long text only the
 * first `headBytes` and the end come, with `rootbook_left_out` between them.
 */
export function* readExecution(files: ExecutionFiles, headBytes: number): Generator<Said, void, undefined> {
  const entries = new LineFile(files.entries);
  const text = new TextFile(files.text, headBytes);
  /** The last word about the execution; what came later is told before it. */
  let reply: Said | undefined;
  let isLate = false;
  try {
    entries.batch(1); // the header
    for (;;) {
      const { lines, isEnd } = entries.batch();
      // Read at once with the lines: what stream later text belongs to is not known yet.
      const size = text.size;
      for (const line of lines) {
        for (const said of readEntry(line, text)) {
          if (said.emission.type === 'execute_reply') reply = said;
          else {
            if (reply && !isLate) yield { emission: streamOf('stdout', lateHeading), at: undefined };
            isLate ||= reply !== undefined;
            yield said;
          }
        }
      }
      if (!isEnd) continue;
      yield* text.upTo(size);
      if (lines.length > 0 || text.size !== size) continue;
      if (reply) yield reply;
      return;
    }
  } finally {
    entries.close();
    text.close();
  }
}

function* readEntry(line: string, text: TextFile): Generator<Said, void, undefined> {
  const parsed = Entry.safeParse(JSON.parse(line));
  if (!parsed.success) return;
  const entry = parsed.data;
  const isLast = 'emission' in entry && entry.emission.type === 'execute_reply';
  yield* isLast ? text.upTo(entry.after) : text.headUpTo(entry.after);
  if ('stream' in entry) text.stream = entry.stream;
  else if ('late' in entry) yield { emission: streamOf(entry.late.name, entry.late.text), at: entry.at };
  else if ('text' in entry) yield { emission: outputFile(entry.text), at: entry.at };
  else yield { emission: entry.emission, at: entry.at };
}

/** What the entries say of an execution as a whole; `undefined` when they are of something else. */
export function summarize(entries: string): Execution | undefined {
  const file = new LineFile(entries);
  try {
    const [first, second] = file.batch(2).lines;
    const header = first === undefined ? undefined : Header.safeParse(JSON.parse(first));
    if (!header?.success) return undefined;
    const ran = second?.includes('"type":"execute_input"') ?? false;
    const end = file.end();
    const isOver = end.includes('"type":"execute_reply"') || end.includes('"late":{');
    return { ...header.data, state: isOver ? 'done' : ran ? 'running' : 'queued', ran };
  } finally {
    file.close();
  }
}

export function outputFile(file: string): Emission {
  return { channel: 'iopub', type: 'rootbook_output_file', content: { file } };
}

export function streamOf(name: string, text: string): Emission {
  return { channel: 'iopub', type: 'stream', content: { name, text } };
}

/** A file that another process may still write to; one that is not there yet is empty. */
class GrowingFile {
  readonly #file: string;
  #descriptor: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  get size(): number {
    const descriptor = this.#open();
    return descriptor === undefined ? 0 : fstatSync(descriptor).size;
  }

  /** Fewer bytes at the end. */
  read(position: number, length: number): Buffer {
    const descriptor = this.#open();
    if (descriptor === undefined) return Buffer.alloc(0);
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #open(): number | undefined {
    try {
      return (this.#descriptor ??= openSync(this.#file, 'r'));
    } catch {
      return undefined;
    }
  }
}

/** Longest last line of an execution that is over. */
const lastWordsBytes = 256 * 1024;

class LineFile extends GrowingFile {
  #at = 0;
  #rest = Buffer.alloc(0);

  /** The last line. */
  end(): string {
    const bytes = this.read(Math.max(0, this.size - lastWordsBytes), lastWordsBytes);
    return bytes.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  }

  /** The next complete lines, at most so many. `isEnd`: there are no more now. */
  batch(most = Number.POSITIVE_INFINITY): { readonly lines: readonly string[]; readonly isEnd: boolean } {
    const lines: string[] = [];
    for (let taken = 0; lines.length < most && taken < batchBytes;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        lines.push(this.#rest.toString('utf8', 0, end));
        this.#rest = this.#rest.subarray(end + 1);
        taken += end;
        continue;
      }
      const chunk = this.read(this.#at, chunkBytes);
      if (chunk.length === 0) return { lines, isEnd: true };
      this.#at += chunk.length;
      this.#rest = Buffer.concat([this.#rest, chunk]);
    }
    return { lines, isEnd: false };
  }
}

/** The text of an execution: its head as it comes, the middle never, its end at last. */
class TextFile extends GrowingFile {
  readonly #headBytes: number;
  #decoder = new StringDecoder('utf8');
  #at = 0;
  stream = 'stdout';

  constructor(file: string, headBytes: number) {
    super(file);
    this.#headBytes = headBytes;
  }

  headUpTo(end: number): Generator<Said, void, undefined> {
    return this.#give(Math.min(end, this.#headBytes));
  }

  *upTo(end: number): Generator<Said, void, undefined> {
    yield* this.headUpTo(end);
    const resume = this.#characterFrom(Math.max(this.#at, end - tailBytes));
    if (resume > this.#at) {
      const content = { characters: resume - this.#at };
      yield { emission: { channel: 'iopub', type: 'rootbook_left_out', content }, at: undefined };
      this.#at = resume;
      this.#decoder = new StringDecoder('utf8');
    }
    yield* this.#give(end);
  }

  *#give(end: number): Generator<Said, void, undefined> {
    while (this.#at < end) {
      const bytes = this.read(this.#at, Math.min(chunkBytes, end - this.#at));
      if (bytes.length === 0) return;
      this.#at += bytes.length;
      const text = this.#decoder.write(bytes);
      if (text !== '') yield { emission: streamOf(this.stream, text), at: undefined };
    }
  }

  #characterFrom(position: number): number {
    if (position === this.#at) return position;
    const bytes = this.read(position, 4);
    let skipped = 0;
    while (skipped < bytes.length && ((bytes[skipped] ?? 0) & 0xc0) === 0x80) skipped += 1;
    return position + skipped;
  }
}
