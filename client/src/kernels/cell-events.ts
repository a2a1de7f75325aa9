import { z } from 'zod';
import type { MimeBundle } from './messages.ts';

/** A compiler's remark about the cell's own text. Lines and columns count from 1; a column counts UTF-8 bytes. */
export const Problem = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  message: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
});
export type Problem = z.infer<typeof Problem>;

/** How a cell ended. `aborted`: it never ran, because a cell before it failed or the queue was interrupted. */
export type CellStatus = 'ok' | 'error' | 'aborted';

/** What happens to one cell, in the order in which the kernel said it. */
export type CellEvent =
  /** `at`: when, in milliseconds since the epoch, which may be long ago for a cell that is followed again. */
  | { readonly kind: 'started'; readonly count: number | undefined; readonly at: number | undefined }
  | { readonly kind: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | {
      /** With `displayId`, later `update` events replace it, also from other cells. `result`: the cell's value. */
      readonly kind: 'display' | 'update' | 'result';
      readonly data: MimeBundle;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly displayId: string | undefined;
    }
  | { readonly kind: 'clear'; readonly wait: boolean }
  /** So many characters of text came here that are only in the file of the cell's output. */
  | { readonly kind: 'leftOut'; readonly characters: number }
  /** This file holds all text of the cell, which is more than a cell shows; it may still grow. */
  | { readonly kind: 'outputFile'; readonly file: string }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      /** Lines with ANSI colours, shown in place of name and message where the client can. */
      readonly traceback: readonly string[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'input'; readonly prompt: string; readonly password: boolean; reply(text: string): void }
  /** A remark of ours with something to click, for example that a Python cell does not share objects. */
  | { readonly kind: 'notice'; readonly text: string; readonly action: NoticeAction | undefined }
  | {
      readonly kind: 'done';
      readonly status: CellStatus;
      readonly count: number | undefined;
      readonly at: number | undefined;
    };

export const NoticeAction = z.enum(['switchToPython', 'restart', 'goBack']);
export type NoticeAction = z.infer<typeof NoticeAction>;

/** Stands before text that came when no cell ran. */
export const lateHeading = '[printed later, when no cell ran]\n';
