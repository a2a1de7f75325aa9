import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CellPlace } from '../kernels/execution.ts';
import { KernelMessage } from '../kernels/messages.ts';

/** Of the files; a reader leaves alone what another version wrote. */
export const journalVersion = 1;

/** Whose journal it is: first file of its folder. */
export const About = z.object({
  version: z.literal(journalVersion),
  /** The host, see `ProcessName`. */
  pid: z.number(),
  born: z.string().optional(),
  notebook: z.string(),
  installation: z.string(),
  flavour: z.string(),
  label: z.string(),
  startedAt: z.number(),
  /** Bytes of a text that are given back whole. */
  headBytes: z.number(),
  /** Why the host ended, worded for the user; absent while it runs, and when it was killed. */
  ended: z.string().optional(),
});
export type About = z.infer<typeof About>;

/** First line of an execution's entries. */
export const Header = z.object({ id: z.string(), place: CellPlace });
export type Header = z.infer<typeof Header>;

const Position = { at: z.number(), after: z.number().int().nonnegative() };

/**
 * A line of an execution: it comes after so many bytes of the text, `at` milliseconds since the epoch.
 *
 * `stream`: the text from here on was written there. `text`: the text is in this file now. `late`: this was printed when the
 * execution was over, by no cell.
 */
export const Entry = z.union([
  z.object({ ...Position, stream: z.string() }),
  z.object({ ...Position, text: z.string() }),
  z.object({ ...Position, late: z.object({ name: z.string(), text: z.string() }) }),
  z.object({
    ...Position,
    emission: KernelMessage.pick({ channel: true, type: true, content: true, metadata: true, buffers: true }),
  }),
]);
export type Entry = z.infer<typeof Entry>;

/** Both files of an execution; the text appears when something is printed, and is moved when it becomes big. */
export interface ExecutionFiles {
  readonly entries: string;
  text: string;
}

/** @returns nothing when the file is half written, or of another version. */
export async function readAbout(folder: string): Promise<About | undefined> {
  try {
    return About.parse(JSON.parse(await readFile(aboutFile(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

export function aboutFile(folder: string): string {
  return path.join(folder, 'about.json');
}

export function filesOf(folder: string, number: number): ExecutionFiles {
  const name = String(number).padStart(6, '0');
  return { entries: path.join(folder, `${name}.jsonl`), text: path.join(folder, `${name}.txt`) };
}
