import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { testInstallation } from '../support/real-kernel.ts';
import { type BenchWindow, companionId, emptyId, firstId, openBenchWindow } from './companion.ts';
import { type Figure, median, time, toFigure } from './figures.ts';
import { startJupyterClient, timeFirstCell } from './jupyter-client.ts';

const rounds = 5;
const cellCount = 200;
const printedLines = 100_000;
const ours = 'rootbook.rootbook';

const cppLine = (index: number): string => `printf("%d\\n", ${String(index)});`;
const pythonLine = (index: number): string => `print(${String(index)})`;
const many = (line: (index: number) => string): string[] =>
  Array.from({ length: cellCount }, (_, index) => line(index));

const printing = {
  cpp: `for (int i = 0; i < ${String(printedLines)}; ++i) printf("line %d\\n", i);`,
  python: `for i in range(${String(printedLines)}): print("line", i)`,
};

function writeNotebook(file: string, kernel: 'cpp' | 'python', cells: readonly string[]): void {
  const kernelspec =
    kernel === 'cpp'
      ? { name: 'root', language: 'c++', display_name: 'ROOT C++' }
      : { name: 'python3', language: 'python', display_name: 'Python 3' };
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec, language_info: { name: kernelspec.language } },
    cells: cells.map((source, index) => ({
      cell_type: 'code',
      id: `c${String(index)}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
  };
  writeFileSync(file, JSON.stringify(notebook));
}

interface Bench {
  readonly window: BenchWindow;
  readonly controller: { readonly cpp: string; readonly python: string };
  readonly file: (name: string) => string;
}

async function times(count: number, work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) values.push(await work());
  return median(values);
}

/** Run All of a notebook that is open and whose kernel runs. */
async function openAndRun(
  { window, file }: Bench,
  name: string,
  controller: string,
  extension = ours,
): Promise<number> {
  await window.ask('open', file(name), controller, extension);
  await window.milliseconds('runAll');
  const took = await times(rounds, () => window.milliseconds('runAll'));
  if (extension === ours) await window.ask('shutDown');
  return took;
}

async function activation({ window }: Bench): Promise<Figure> {
  const own: number[] = [];
  const against: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await window.reload();
    if ((await window.ask('isActive', ours)) === true) throw new Error('active before a notebook was opened');
    // The first activation of a window pays for what all share.
    await window.milliseconds('activate', firstId);
    against.push(await window.milliseconds('activate', emptyId));
    own.push(await window.milliseconds('activate', ours));
  }
  return toFigure('activation, before a notebook is opened', median(own), median(against), 'ms', {
    kind: 'atMost',
    ratio: 3,
  });
}

async function runAllCpp(bench: Bench): Promise<Figure> {
  const own = await openAndRun(bench, 'cpp.ipynb', bench.controller.cpp);
  const floor = await openAndRun(bench, 'stub.ipynb', 'stub', companionId);
  return toFigure('Run All, 200 C++ cells with one output each', own, floor, 'ms', {
    kind: 'atMost',
    ratio: 1.5,
  });
}

async function runAllPython(bench: Bench): Promise<Figure> {
  const own = await openAndRun(bench, 'python.ipynb', bench.controller.python);
  const rival = await startJupyterClient('python3');
  await rival.run(many(pythonLine));
  const against = await times(rounds, () => time(() => rival.run(many(pythonLine))));
  await rival.close();
  return toFigure('Run All, 200 Python cells', own, against, 'ms', { kind: 'atMost', ratio: 1.5 });
}

function firstResult(kernel: 'cpp' | 'python', ratio: number): (bench: Bench) => Promise<Figure> {
  return async ({ window, controller, file }) => {
    const cell = kernel === 'cpp' ? 'int x = 3; x' : 'x = 3';
    const own: number[] = [];
    const against: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // A new file each time: an editor keeps a closed notebook's document for a while.
      const name = `first-${kernel}-${String(round)}.ipynb`;
      writeNotebook(file(name), kernel, [cell]);
      own.push(await window.milliseconds('firstResult', file(name), controller[kernel], ours));
      await window.ask('shutDown');
      against.push(await timeFirstCell(kernel === 'cpp' ? 'root' : 'python3', cell));
    }
    const label = `from opening a notebook to its first ${kernel === 'cpp' ? 'C++' : 'Python'} result`;
    return toFigure(label, median(own), median(against), 'ms', { kind: 'atMost', ratio });
  };
}

/** The longest time between two frames of the window while something happens. */
async function longestPause({ workbench }: BenchWindow, during: () => Promise<unknown>): Promise<number> {
  await workbench.page.evaluate(() => {
    const record = { longest: 0, last: performance.now(), isOver: false };
    const frame = (): void => {
      const now = performance.now();
      record.longest = Math.max(record.longest, now - record.last);
      record.last = now;
      if (!record.isOver) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, { rootbookFrames: record });
  });
  await during();
  return workbench.page.evaluate(() => {
    const { rootbookFrames } = window as unknown as { rootbookFrames: { longest: number; isOver: boolean } };
    rootbookFrames.isOver = true;
    return rootbookFrames.longest;
  });
}

function printedLinesOf(kernel: 'cpp' | 'python'): (bench: Bench) => Promise<readonly Figure[]> {
  return async ({ window, controller, file }) => {
    // The stock C++ kernel never answers this cell: its pipes fill up. So both are compared with the Python kernel.
    const rival = await startJupyterClient('python3');
    const against = await times(rounds, () => time(() => rival.run([printing.python])));
    await rival.close();
    const name = `print-${kernel}.ipynb`;
    writeNotebook(file(name), kernel, [printing[kernel]]);
    await window.ask('open', file(name), controller[kernel], ours);
    await window.milliseconds('runAll');
    const idle = await longestPause(window, () => new Promise((resolve) => setTimeout(resolve, 2000)));
    const own: number[] = [];
    const pauses: number[] = [];
    for (let round = 0; round < rounds; round += 1)
      pauses.push(await longestPause(window, async () => own.push(await window.milliseconds('runAll'))));
    await window.ask('shutDown');
    const label = `100,000 printed lines to the window, ${kernel === 'cpp' ? 'C++' : 'Python'}`;
    return [
      toFigure(label, median(own), against, 'ms', { kind: 'atMost', ratio: 1.2 }),
      toFigure(`${label}: longest pause`, median(pauses), idle, 'ms', { kind: 'atMostMore', amount: 150 }),
    ];
  };
}

/** Figures of the whole editor: a real window with the built vsix. @param only runs those whose name has it. */
export async function windowBench(report: (figure: Figure) => void, only: string): Promise<void> {
  const { id } = await testInstallation();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  writeNotebook(path.join(folder, 'cpp.ipynb'), 'cpp', many(cppLine));
  writeNotebook(path.join(folder, 'stub.ipynb'), 'cpp', many(cppLine));
  writeNotebook(path.join(folder, 'python.ipynb'), 'python', many(pythonLine));
  const window = await openBenchWindow(folder);
  const bench: Bench = {
    window,
    controller: { cpp: `cpp-${id}`, python: `python-${id}` },
    file: (name) => path.join(window.workbench.folder, name),
  };
  const measures: readonly (readonly [string, (bench: Bench) => Promise<Figure | readonly Figure[]>])[] = [
    ['activation', activation],
    ['first result cpp', firstResult('cpp', 0.6)],
    ['first result python', firstResult('python', 1.2)],
    ['run all cpp', runAllCpp],
    ['run all python', runAllPython],
    ['printed lines cpp', printedLinesOf('cpp')],
    ['printed lines python', printedLinesOf('python')],
  ];
  try {
    for (const [name, measure] of measures)
      if (name.includes(only)) for (const figure of [await measure(bench)].flat()) report(figure);
  } finally {
    await window.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
