import { z } from 'zod';

/** What the runner's processes say; described in ARCHITECTURE.md, "The runner's frames". */
export const RunnerFrame = z.discriminatedUnion('frame', [
  z.object({
    frame: z.literal('hello'),
    role: z.enum(['reaper', 'main', 'checkpoint']),
    pid: z.number().int().positive(),
    nonce: z.string(),
    version: z.string().optional(),
    checkpoint: z.number().optional(),
    /** Milliseconds that the fork took. */
    forkMs: z.number().optional(),
    /** How many threads main had besides itself, which a copy has not; names of those that have one, a line each. */
    threads: z.number().optional(),
    threadNames: z.string().optional(),
  }),
  /** `messages`: the last one that a process of the kernel may have sent; those that have not come are lost. */
  z.object({ frame: z.literal('ready'), messages: z.number().optional() }),
  z.object({ frame: z.literal('message'), cell: z.number(), mark: z.number(), bytes: z.number() }),
  z.object({ frame: z.literal('item'), cell: z.number(), line: z.number() }),
  z.object({ frame: z.literal('diagnostic'), cell: z.number(), severity: z.string(), bytes: z.number() }),
  z.object({
    frame: z.literal('display'),
    cell: z.number(),
    id: z.string(),
    update: z.boolean(),
    json: z.number(),
    png: z.number(),
    text: z.string(),
    bytes: z.number(),
  }),
  z.object({
    frame: z.literal('input'),
    cell: z.number(),
    prompt: z.string(),
    password: z.boolean().optional(),
  }),
  z.object({
    frame: z.literal('done'),
    cell: z.number(),
    status: z.enum(['ok', 'error', 'exception', 'fatal', 'interrupted', 'incomplete']),
    name: z.string().optional(),
    message: z.string().optional(),
    line: z.number().optional(),
    column: z.number().optional(),
  }),
  z.object({
    frame: z.literal('crash'),
    cell: z.number(),
    signal: z.number(),
    thread: z.enum(['main', 'other']),
    frames: z.array(z.object({ function: z.string(), line: z.number(), name: z.string() })),
  }),
  z.object({ frame: z.literal('checkpointFailed'), checkpoint: z.number(), reason: z.string() }),
  z.object({
    frame: z.literal('ended'),
    pid: z.number(),
    code: z.number().optional(),
    signal: z.number().optional(),
  }),
]);
export type RunnerFrame = z.infer<typeof RunnerFrame>;
export type Crash = Extract<RunnerFrame, { frame: 'crash' }>;
export type Done = Extract<RunnerFrame, { frame: 'done' }>;
export type Display = Extract<RunnerFrame, { frame: 'display' }>;

/** What another interpreter in the runner's process says; types are Jupyter's, and ours where it has none. */
export const GuestMessage = z.object({ type: z.string(), content: z.record(z.string(), z.unknown()) });
export type GuestMessage = z.infer<typeof GuestMessage>;

/** A header and the bytes that followed it. */
export interface Received {
  readonly frame: RunnerFrame;
  readonly payload: Buffer;
}

const newline = 0x0a;

/** Cuts the byte stream of one runner process into frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #pending: RunnerFrame | undefined;

  /** @throws {Error} when the bytes are not frames; the connection is of no use afterwards. */
  read(chunk: Buffer): Received[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const received: Received[] = [];
    for (;;) {
      if (!this.#pending) {
        const line = this.#takeLine();
        if (line === undefined) return received;
        this.#pending = RunnerFrame.parse(JSON.parse(line));
      }
      const needed = 'bytes' in this.#pending ? this.#pending.bytes : 0;
      if (this.#size < needed) return received;
      received.push({ frame: this.#pending, payload: this.#take(needed) });
      this.#pending = undefined;
    }
  }

  #takeLine(): string | undefined {
    let before = 0;
    for (const part of this.#chunks) {
      const at = part.indexOf(newline);
      if (at >= 0) return this.#take(before + at + 1).toString('utf8', 0, before + at);
      before += part.length;
    }
    return undefined;
  }

  #take(count: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const whole = all ?? Buffer.alloc(0);
    this.#chunks = whole.length > count ? [whole.subarray(count)] : [];
    this.#size = whole.length - count;
    return whole.subarray(0, count);
  }
}

/** The words of a line to the runner. Values hold no blanks: names are made by us. */
export function command(
  verb: string,
  words: Readonly<Record<string, string | number>>,
  payload?: Buffer,
): Buffer {
  const all = payload ? { ...words, bytes: payload.length } : words;
  const line = [verb, ...Object.entries(all).map(([key, value]) => `${key}=${String(value)}`)].join(' ');
  return Buffer.concat([Buffer.from(`${line}\n`), payload ?? Buffer.alloc(0)]);
}
