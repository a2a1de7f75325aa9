import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Which cell of a notebook it is: what finds it again after an edit, a move or a reload. */
export const CellPlace = z.object({
  /** The id that the file gives the cell (nbformat 4.5), else one of the window that ran it. */
  cellId: z.string(),
  /** Counts code and text cells from 0. */
  index: z.number().int(),
  /** Of the text that ran, see `sourceHash`. */
  source: z.string(),
});
export type CellPlace = z.infer<typeof CellPlace>;

/** One run of a cell, as the kernel host remembers it until the notebook was saved with its outputs. */
export const Execution = z.object({
  id: z.string(),
  place: CellPlace,
  state: z.enum(['queued', 'running', 'done']),
  /** Whether it began to run; a cell that was taken out of the queue did not. */
  ran: z.boolean(),
});
export type Execution = z.infer<typeof Execution>;

/** What is to be said beside a cell that ran, for as long as its kernel lives. */
export const Remark = z.object({
  place: CellPlace,
  /** The session went back to before it. */
  undone: z.boolean(),
  /** File with all of its text. */
  outputFile: z.string().optional(),
});
export type Remark = z.infer<typeof Remark>;

export function sourceHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
