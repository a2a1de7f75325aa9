import { runInNotebook } from './in-notebook.ts';
import { runInRoot } from './in-root.ts';
import { steadyLines } from './steady.ts';
import { toTruth, type Truth } from './truth.ts';
import type { JudgedRoot, Run } from './tutorial.ts';

const limitSeconds = 300;

/**
 * Runs a tutorial as a notebook and compares it with what ROOT was recorded to do. Where they are not the same, ROOT itself
 * is asked again: another machine may compute another last digit.
 *
 * @returns what is not as in ROOT, in words; empty when all is.
 */
export async function judge(root: JudgedRoot, truth: Truth): Promise<readonly string[]> {
  const { tutorial, seconds } = truth;
  const ours = await runInNotebook(root, tutorial, limitSeconds);
  const { sha256, canvases } = toTruth(tutorial, ours, seconds);
  const recorded = { ended: true, problem: '', stdout: '', canvases: truth.canvases.join('\n') };
  const drawn = differences(tutorial, recorded, { ...ours, stdout: '', canvases: canvases.join('\n') });
  if (sha256 === truth.sha256 && drawn.length === 0) return [];
  return differences(tutorial, await runInRoot(root, tutorial, limitSeconds), ours);
}

/** The last state of each canvas, by its first line. */
function canvasesByName(tutorial: string, text: string): ReadonlyMap<string, string> {
  const canvases = steadyLines(tutorial, text)
    .join('\n')
    .split(/\n(?=\S)/);
  return new Map(
    canvases.filter((canvas) => canvas !== '').map((canvas) => [canvas.split('\n', 1)[0] ?? '', canvas]),
  );
}

/** What is not as in ROOT, in words; empty when all is. */
export function differences(tutorial: string, truth: Run, ours: Run): readonly string[] {
  if (!ours.ended && truth.ended) return [`failed: ${ours.problem}`];
  const found: string[] = [];
  if (ours.ended && !truth.ended) found.push(`ended well, where ROOT did not: ${truth.problem}`);
  const [expected, actual] = [truth, ours].map(({ stdout }) => steadyLines(tutorial, stdout));
  const line = firstDifference(expected ?? [], actual ?? []);
  if (line !== undefined)
    found.push(
      `stdout, line ${String(line + 1)}: ROOT prints ${quoted(expected?.[line])}, we ${quoted(actual?.[line])}`,
    );
  const shown = canvasesByName(tutorial, ours.canvases);
  for (const [name, canvas] of canvasesByName(tutorial, truth.canvases))
    if (shown.get(name) !== canvas)
      found.push(`${name}: ROOT has ${quoted(canvas)}, the notebook ${quoted(shown.get(name))}`);
  return found;
}

function firstDifference(expected: readonly string[], actual: readonly string[]): number | undefined {
  const length = Math.max(expected.length, actual.length);
  return Array.from({ length }, (_, index) => index).find((index) => expected[index] !== actual[index]);
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text);
}
