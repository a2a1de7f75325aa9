import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runInCells } from '../support/tutorials/cut-into-cells.ts';
import { runInRoot } from '../support/tutorials/in-root.ts';
import { judge } from '../support/tutorials/judge.ts';
import {
  judgedRoot,
  readCauses,
  readTruth,
  toTruth,
  type Truth,
  writeTruth,
} from '../support/tutorials/truth.ts';
import type { JudgedRoot } from '../support/tutorials/tutorial.ts';
import { type Figure, toFigure } from './figures.ts';

/** Of ROOT's tutorials, those that need no graphics of a desktop and no server. */
const judgedFolders = ['hist', 'math', 'visualisation/graphs', 'io/tree', 'analysis/dataframe'];
/** And these scripts. */
const scripts = [
  'hist/hist000_TH1_first.py',
  'hist/hist003_TH1_draw.py',
  'hist/hist010_TH1_two_scales.py',
  'hist/hist029_TRatioPlot_simple.py',
  'math/Legendre.py',
  'math/principal.py',
  'math/fit/combinedFit.py',
  'math/vecops/vo004_SortAndSelect.py',
  'visualisation/graphs/gr004_errors_asym.py',
  'analysis/dataframe/df000_simple.py',
];
const limitSeconds = 60;

/** Runs every tutorial that ROOT runs to its end as a notebook, and compares. @param only runs those whose name has it. */
export async function tutorialsBench(report: (figure: Figure) => void, only: string): Promise<void> {
  const root = await judgedRoot();
  const causes = readCauses();
  const truths = readTruth().filter(({ tutorial }) => tutorial.includes(only));
  const different: string[] = [];
  for (const [index, truth] of truths.entries()) {
    const name = truth.tutorial;
    const found = await judge(root, truth);
    const cause = causes.get(name);
    if (found.length > 0) different.push(name);
    say(
      `${String(index + 1)}/${String(truths.length)} ${name}: ${found.length === 0 ? 'equal' : found.join('\n   ')}`,
    );
    if (found.length > 0) say(`   ${cause === undefined ? 'NO CAUSE IS KNOWN' : `cause: ${cause}`}`);
    else if (cause !== undefined) say(`   although a cause is listed why it should not be: ${cause}`);
  }
  const all = truths.length;
  const equal = all - different.length;
  const explained = different.filter((name) => causes.has(name)).length;
  report(toFigure('tutorials that are as in ROOT', equal, all, '', { kind: 'atLeast', ratio: 0.98 }));
  const name = 'tutorials that are as in ROOT, or differ for a known cause';
  report(toFigure(name, equal + explained, all, '', { kind: 'atLeast', ratio: 1 }));
}

/** Cuts every macro into cells: those that the ROOT prompt rejects must fail, and no others. */
export async function tutorialCellsBench(report: (figure: Figure) => void, only: string): Promise<void> {
  const root = await judgedRoot();
  const names = readTruth()
    .map(({ tutorial }) => tutorial)
    .filter((name) => name.endsWith('.C') && name.includes(only));
  let cells = 0;
  let agree = 0;
  for (const name of names) {
    const { atPrompt, inNotebook } = await runInCells(root, name);
    const different = [...atPrompt.keys()].filter((index) => atPrompt[index] !== inNotebook[index]);
    cells += atPrompt.length;
    agree += atPrompt.length - different.length;
    say(`${name}: ${different.length === 0 ? 'agrees' : `not the same in cells ${different.join(', ')}`}`);
  }
  const figure = 'cells of macros that fail where the ROOT prompt rejects them, and only there';
  report(toFigure(figure, agree, cells, '', { kind: 'atLeast', ratio: 0.98 }));
}

/** Makes the list anew: runs every tutorial in ROOT alone. */
export async function tutorialTruthBench(): Promise<void> {
  const root = await judgedRoot();
  const truths: Truth[] = [];
  const leftOut: { tutorial: string; why: string }[] = [];
  for (const tutorial of [...macrosOf(root), ...scripts]) {
    const start = performance.now();
    const run = await runInRoot(root, tutorial, limitSeconds);
    say(`${tutorial}: ${run.ended ? 'ended' : run.problem}`);
    if (run.ended) truths.push(toTruth(tutorial, run, (performance.now() - start) / 1000));
    else leftOut.push({ tutorial, why: run.problem });
  }
  writeTruth({ madeBy: 'npm run bench -- tutorial-truth', version: root.version, leftOut }, truths);
}

function macrosOf({ root }: JudgedRoot): readonly string[] {
  return judgedFolders.flatMap((folder) =>
    readdirSync(path.join(root, 'tutorials', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.C'))
      .map((name) => path.join(folder, name))
      .sort(),
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
