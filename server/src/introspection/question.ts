import { type Source, toProbe } from '../text/program.ts';

/** A place in a cell or macro that something is asked about. */
export interface Question {
  /** The cells that run before, then the one with the place. */
  readonly sources: readonly Source[];
  readonly offset: number;
  /** Of the file on disk; empty where there is none. */
  readonly folder: string;
}

/** The text that is asked about. */
export function textOf({ sources }: Question): string {
  return sources.at(-1)?.text ?? '';
}

/** The program up to there, with something to ask the compiler in it. */
export function probeProgram({ sources, offset }: Question, probe: string): string {
  return toProbe(sources, offset, probe).text;
}
