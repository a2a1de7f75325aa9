import path from 'node:path';
import { macroToCells } from '../../../client/src/notebooks/macro.ts';
import { errorOf, notebookOf } from '../executed-notebook.ts';
import { execute } from './in-notebook.ts';
import { type JudgedRoot, sourceOf, supportFolder, atWorkplace } from './tutorial.ts';

/** Whether the cells of a tutorial, as *Macro to ROOTbook* cuts it, ran well. */
export interface CutTutorial {
  /** Ends with the cell that ended ROOT, if one did: there the prompt has no more to say. */
  readonly atPrompt: readonly boolean[];
  readonly inNotebook: readonly boolean[];
}

const limitSeconds = 120;

/** Feeds the cells of a tutorial to the ROOT prompt, and runs them as a notebook that goes on after a failed one. */
export async function runInCells(judged: JudgedRoot, tutorial: string): Promise<CutTutorial> {
  const cells = macroToCells(sourceOf(judged, tutorial), path.basename(tutorial, '.C'))
    .filter(({ kind }) => kind === 'code')
    .map(({ text }) => text);
  const answers = await atPrompt(judged, tutorial, cells);
  const ran = await inNotebook(judged, tutorial, cells);
  return { atPrompt: answers, inNotebook: ran.slice(0, answers.length) };
}

function atPrompt(
  judged: JudgedRoot,
  tutorial: string,
  cells: readonly string[],
): Promise<readonly boolean[]> {
  return atWorkplace(judged, tutorial, async (place) => {
    place.write('cells.txt', cells.map((cell) => `${cell}\u001e`).join(''));
    const root = path.join(judged.root, 'bin/root.exe');
    const args = ['-l', '-b', '-q', path.join(supportFolder, 'prompt.C')];
    const { code, stderr } = await place.run(root, args, limitSeconds);
    const answers = place.read('answers.txt').split('\n').filter(Boolean);
    if (code === undefined) throw new Error(`the ROOT prompt took too long: ${stderr}`);
    const ran = answers.map((answer) => answer === 'accepted');
    return ran.length < cells.length ? [...ran, false] : ran;
  });
}

function inNotebook(
  judged: JudgedRoot,
  tutorial: string,
  cells: readonly string[],
): Promise<readonly boolean[]> {
  return atWorkplace(judged, tutorial, async (place) => {
    const { executed, stderr } = await execute(judged, place, notebookOf(cells, 'c++', true), limitSeconds);
    if (!executed) throw new Error(`the notebook did not run: ${stderr}`);
    return executed.cells.map(({ outputs }) => errorOf(outputs) === undefined);
  });
}
