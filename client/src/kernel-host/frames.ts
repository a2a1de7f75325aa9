import { z } from 'zod';
import { KernelMessage } from '../kernels/messages.ts';

/** Changes when an older host or client could not understand the other side. */
export const protocolVersion = 1;

/** The first line of a client. The token is in the host's owner-only record. */
export const Attach = z.object({ frame: z.literal('attach'), protocol: z.number(), token: z.string() });

/** Host to client: first `attached` or `refused`, then messages. */
export const HostFrame = z.discriminatedUnion('frame', [
  z.object({ frame: z.literal('attached') }),
  z.object({ frame: z.literal('refused'), reason: z.string() }),
  z.object({ frame: z.literal('message'), message: KernelMessage }),
]);
export type HostFrame = z.infer<typeof HostFrame>;

/** Client to host, after `attach`. */
export const ClientFrame = z.object({ frame: z.literal('message'), message: KernelMessage });
export type ClientFrame = z.infer<typeof ClientFrame>;

/** Content of the iopub message `rootbook_state`: sent on attach and at every change of the kernel as a whole. */
export const StateContent = z.discriminatedUnion('state', [
  z.object({ state: z.enum(['starting', 'idle', 'busy', 'closed']) }),
  z.object({ state: z.literal('dead'), reason: z.string() }),
]);
export type StateContent = z.infer<typeof StateContent>;

/** Metadata of an `execute_request`: what Jupyter has no words for. */
export const CellMetadata = z.object({
  language: z.enum(['cpp', 'python']),
  cellId: z.string(),
  mayFail: z.boolean(),
});

/** Splits a byte stream into lines of JSON. A line that is not JSON, or larger than `limit` characters, is an error. */
export class LineReader {
  readonly #limit: number;
  #parts: string[] = [];
  #length = 0;

  constructor(limit = 512 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** @throws {SyntaxError} when a line is not JSON; {RangeError} when it does not end. */
  read(text: string): unknown[] {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    const values: unknown[] = [];
    for (const line of lines) {
      const whole = this.#parts.length > 0 ? this.#parts.join('') + line : line;
      this.#parts = [];
      this.#length = 0;
      if (whole !== '') values.push(JSON.parse(whole));
    }
    if (rest !== '') {
      this.#parts.push(rest);
      this.#length += rest.length;
      if (this.#length > this.#limit) throw new RangeError('a frame is too long');
    }
    return values;
  }
}

export function toLine(frame: HostFrame | ClientFrame | z.infer<typeof Attach>): string {
  return `${JSON.stringify(frame)}\n`;
}
