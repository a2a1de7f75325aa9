import { z } from 'zod';
import { CellPlace, Execution, Remark } from '../kernels/execution.ts';
import { KernelMessage } from '../kernels/messages.ts';

/** Changes when an older host or client could not understand the other side. */
export const protocolVersion = 2;

const Token = { token: z.string() };

/**
 * The first line of a client; the token is in the host's owner-only record.
 *
 * `attach` is followed by messages, one client at a time. The others are one question and one answer, by anybody.
 */
export const Opening = z.discriminatedUnion('frame', [
  z.object({
    ...Token,
    frame: z.literal('attach'),
    protocol: z.number(),
    /** Names the window to others. */
    holder: z.string(),
    /** From another window that has the kernel. */
    takeOver: z.boolean(),
  }),
  z.object({ ...Token, frame: z.literal('status') }),
  z.object({
    ...Token,
    frame: z.literal('control'),
    action: z.discriminatedUnion('kind', [
      z.object({ kind: z.enum(['interrupt', 'restart', 'shutDown']) }),
      z.object({ kind: z.literal('rename'), notebook: z.string() }),
    ]),
  }),
]);
export type Opening = z.infer<typeof Opening>;

/** What every version of a client says first; the rest may differ. */
export const AnyAttach = z.object({ frame: z.literal('attach'), protocol: z.number() });

/** Client to host, after `attach`. */
export const ClientFrame = z.object({ frame: z.literal('message'), message: KernelMessage });
export type ClientFrame = z.infer<typeof ClientFrame>;

/** Content of the iopub message `rootbook_state`: sent on attach and at every change of the kernel as a whole. */
export const StateContent = z.discriminatedUnion('state', [
  z.object({ state: z.enum(['starting', 'idle', 'busy', 'closed', 'takenOver']) }),
  z.object({ state: z.literal('dead'), reason: z.string() }),
]);
export type StateContent = z.infer<typeof StateContent>;

/** How a kernel is; memory in bytes, of all its processes, where it is known. */
export const Status = z.object({
  state: StateContent,
  holder: z.string().optional(),
  /** Cells that run or wait. */
  cells: z.number(),
  memory: z.number().optional(),
  checkpointMemory: z.number().optional(),
});
export type Status = z.infer<typeof Status>;

/** Host to client: first `attached` or `refused`, then messages; or the one answer to `status` and `control`. */
export const HostFrame = z.discriminatedUnion('frame', [
  z.object({
    frame: z.literal('attached'),
    executions: z.array(Execution),
    remarks: z.array(Remark).default([]),
  }),
  /** `holder`: the window that has the kernel. */
  z.object({ frame: z.literal('refused'), reason: z.string(), holder: z.string().optional() }),
  z.object({ frame: z.literal('message'), message: KernelMessage }),
  z.object({ frame: z.literal('status'), status: Status }),
  z.object({ frame: z.literal('done') }),
]);
export type HostFrame = z.infer<typeof HostFrame>;

/** Metadata of an `execute_request`: what Jupyter has no words for. */
export const CellMetadata = z.object({
  language: z.enum(['cpp', 'python']),
  place: CellPlace,
  mayFail: z.boolean(),
});
export type CellMetadata = z.infer<typeof CellMetadata>;

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

export function toLine(frame: HostFrame | ClientFrame | Opening): string {
  return `${JSON.stringify(frame)}\n`;
}
