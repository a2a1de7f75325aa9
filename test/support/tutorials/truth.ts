import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { steadyLines } from './steady.ts';
import type { JudgedRoot, Run } from './tutorial.ts';
import { testInstallation } from '../real-kernel.ts';

/** What ROOT itself makes of a tutorial. */
const Truth = z.strictObject({
  tutorial: z.string(),
  /** How long it took when the list was made. */
  seconds: z.number(),
  /** Of stdout without what is different in each run. */
  lines: z.number(),
  sha256: z.string(),
  /** What `canvases.C` says of those that are there at the end. */
  canvases: z.array(z.string()),
});
export type Truth = z.infer<typeof Truth>;

/** The first line of the file; each of the others is a `Truth`. */
interface Heading {
  readonly madeBy: string;
  readonly version: string;
  /** Those that do not run to their end in this ROOT alone, and so say nothing about a notebook. */
  readonly leftOut: readonly { readonly tutorial: string; readonly why: string }[];
}

const Cause = z.strictObject({ tutorial: z.string(), cause: z.string() });

const folder = path.resolve('test/bench/tutorials');
const truthPath = path.join(folder, 'truth.jsonl');

export function readTruth(): readonly Truth[] {
  const [, ...lines] = readFileSync(truthPath, 'utf8').trimEnd().split('\n');
  return lines.map((line) => Truth.parse(JSON.parse(line)));
}

export function writeTruth(heading: Heading, truths: readonly Truth[]): void {
  writeFileSync(truthPath, [heading, ...truths].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Why a tutorial is not the same in a notebook, for those of which it is known. */
export function readCauses(): ReadonlyMap<string, string> {
  const text = readFileSync(path.join(folder, 'causes.json'), 'utf8');
  return new Map(
    z
      .array(Cause)
      .parse(JSON.parse(text))
      .map(({ tutorial, cause }) => [tutorial, cause]),
  );
}

export function toTruth(tutorial: string, run: Run, seconds: number): Truth {
  const lines = steadyLines(tutorial, run.stdout);
  return {
    tutorial,
    seconds: Math.ceil(seconds),
    lines: lines.length,
    sha256: createHash('sha256').update(lines.join('\n')).digest('hex'),
    canvases: run.canvases.split('\n').filter((line) => line !== ''),
  };
}

export async function judgedRoot(): Promise<JudgedRoot> {
  const { root, python, version } = await testInstallation();
  if (python === undefined) throw new Error(`the ROOT in ${root} has no Python`);
  return { root, python, version };
}
