import path from 'node:path';
import { errorOf, type Executed, notebookOf, printed, readExecuted } from '../executed-notebook.ts';
import { describeSaved } from './saved-canvases.ts';
import { toCells } from './to-cells.ts';
import { type JudgedRoot, type Run, sourceOf, type Workplace, atWorkplace } from './tutorial.ts';

/** Runs a tutorial as a notebook of one cell, and one that draws its canvases, with the headless program of the product. */
export function runInNotebook(judged: JudgedRoot, tutorial: string, limitSeconds: number): Promise<Run> {
  return atWorkplace(judged, tutorial, async (place) => {
    const cells = toCells(sourceOf(judged, tutorial), path.basename(tutorial));
    const language = tutorial.endsWith('.py') ? 'python' : 'c++';
    const { code, executed, stderr } = await execute(
      judged,
      place,
      notebookOf(cells, language),
      limitSeconds,
    );
    const outputs = executed?.cells.flatMap((cell) => cell.outputs) ?? [];
    return {
      ended: code === 0,
      problem: place.withoutPlace(errorOf(outputs) ?? stderr.trim()),
      stdout: place.withoutPlace(printed(outputs, 'stdout')),
      canvases: await describeSaved(judged, place, outputs),
    };
  });
}

/** Runs a notebook; nothing is executed when it could not start or took too long. */
export async function execute(
  judged: JudgedRoot,
  place: Workplace,
  notebook: string,
  limitSeconds: number,
): Promise<{
  readonly code: number | undefined;
  readonly stderr: string;
  readonly executed: Executed | undefined;
}> {
  place.write('tutorial.ipynb', notebook);
  const program = path.resolve('client/dist/headless.cjs');
  const environment = path.dirname(path.dirname(judged.python));
  const args = [program, 'tutorial.ipynb', 'executed.ipynb', '--root', environment];
  const { code, stderr } = await place.run(process.execPath, args, limitSeconds);
  const text = place.read('executed.ipynb');
  return { code, stderr, executed: text === '' ? undefined : readExecuted(text) };
}
