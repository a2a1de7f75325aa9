import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LaunchSpec } from '../../client/src/kernel-host/launch-spec.ts';
import type { Session } from '../../client/src/kernels/session.ts';
import { runCell, type TestHosts, testHosts, until } from '../support/real-kernel.ts';
import { type Figure, median, time, toFigure } from './figures.ts';
import { startJupyterClient, timeFirstCell } from './jupyter-client.ts';

const rounds = 5;
const trivialCells = 40;

type Measure = (kernels: TestHosts) => Promise<Figure>;

async function repeat(count: number, work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) values.push(await work());
  return median(values);
}

async function trivialCell(
  session: Session,
  code: (index: number) => string,
  language: 'cpp' | 'python',
): Promise<number> {
  let index = 0;
  return repeat(trivialCells, () => time(() => runCell(session, code(index++), { language })));
}

const trivialCpp: Measure = async (kernels) => {
  const session = await kernels.open('cpp');
  await runCell(session, 'int x = 0;');
  const ours = await trivialCell(session, (index) => `x = ${String(index)};`, 'cpp');
  await session.shutDown();
  const rival = await startJupyterClient('root');
  await rival.run(['int x = 0;']);
  const against = median(
    await rival.run(Array.from({ length: rounds * 2 }, (_, index) => `x = ${String(index)};`)),
  );
  await rival.close();
  return toFigure('trivial C++ cell', ours, against, 'ms', { kind: 'timesFaster', ratio: 15 });
};

const trivialPython: Measure = async (kernels) => {
  // On the rival's own kernel: what is measured is what stands between. The runner has a bench of its own.
  const session = await kernels.open('python-jupyter');
  const rival = await startJupyterClient('python3');
  const cells = Array.from({ length: trivialCells }, (_, index) => `x = ${String(index)}`);
  const ours: number[] = [];
  const against: number[] = [];
  // In turns, so that a busy moment of the machine hits both.
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await trivialCell(session, (index) => `x = ${String(index)}`, 'python'));
    against.push(median(await rival.run(cells)));
  }
  await session.shutDown();
  await rival.close();
  return toFigure('trivial Python cell, via Jupyter', median(ours), median(against), 'ms', {
    kind: 'atMost',
    ratio: 1.2,
  });
};

/** From nothing to the first result, through the same calls that the editor makes. */
async function startToFirstResult(kernels: TestHosts, changes: Partial<LaunchSpec>): Promise<number> {
  let session: Session | undefined;
  const took = await time(async () => {
    session = await kernels.open('cpp', changes);
    await runCell(session, 'int x = 3; x');
  });
  await session?.shutDown();
  return took;
}

const firstCell = (): Promise<number> => timeFirstCell('root', 'int x = 3; x');

/** On a machine that never ran it: the runner for the wheel comes with the extension. */
const startFirst: Measure = async (kernels) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  const ours = await repeat(rounds, () => startToFirstResult(kernels, { cacheFolder: folder }));
  rmSync(folder, { recursive: true, force: true });
  return toFigure(
    'start of ROOT C++ to first result, the first time',
    ours,
    await repeat(rounds, firstCell),
    'ms',
    {
      kind: 'atMost',
      ratio: 0.5,
    },
  );
};

/** A ROOT that we have no runner for: cling compiles it, while a compiler makes the library for the next start. */
const startUnknown: Measure = async (kernels) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  const installation = { ...kernels.spec('cpp').installation, origin: 'path' as const };
  const ours = await repeat(rounds, () =>
    startToFirstResult(kernels, { installation, cacheFolder: mkdtempSync(path.join(folder, 'c')) }),
  );
  rmSync(folder, { recursive: true, force: true });
  const name = 'the same with a ROOT that is no wheel';
  return toFigure(name, ours, await repeat(rounds, firstCell), 'ms', { kind: 'atMost', ratio: 0.5 });
};

const startAfterwards: Measure = async (kernels) => {
  const cacheFolder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  const installation = { ...kernels.spec('cpp').installation, origin: 'path' as const };
  const start = (): Promise<number> => startToFirstResult(kernels, { installation, cacheFolder });
  await start();
  await until(() => readdirSync(cacheFolder).some((name) => name.endsWith('.so')), 120);
  const ours = await repeat(rounds, start);
  rmSync(cacheFolder, { recursive: true, force: true });
  const name = 'start of ROOT C++ to first result, afterwards';
  return toFigure(name, ours, await repeat(rounds, firstCell), 'ms', { kind: 'atMost', ratio: 0.25 });
};

const checkpointCost: Measure = async (kernels) => {
  const runAll = async (session: Session): Promise<number> =>
    time(() =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          runCell(session, `int y${String(index)} = ${String(index)};`),
        ),
      ),
    );
  const on = await kernels.open('cpp', { checkpoints: 3 });
  const off = await kernels.open('cpp', { checkpoints: 0 });
  await runCell(on, 'int x;');
  await runCell(off, 'int x;');
  const ours: number[] = [];
  const against: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await runAll(on));
    against.push(await runAll(off));
  }
  await on.shutDown();
  await off.shutDown();
  return toFigure('Run All of 200 trivial C++ cells with checkpoints', median(ours), median(against), 'ms', {
    kind: 'atMost',
    ratio: 1.2,
  });
};

const restore: Measure = async (kernels) => {
  const against = await repeat(rounds, async () => {
    let session: Session | undefined;
    const took = await time(async () => (session = await kernels.open('cpp')));
    await session?.shutDown();
    return took;
  });
  const session = await kernels.open('cpp');
  await runCell(session, 'std::vector<double> heap(500 * 1000 * 1000 / 8, 1.0);');
  const ours = await repeat(rounds, async () => {
    await runCell(session, 'heap[7] = 3;');
    await until(() => session.state.kind === 'idle');
    return time(() => runCell(session, '*(volatile int *)8 = 1;'));
  });
  await session.shutDown();
  return toFigure('restore after a crash, 500 MB heap', ours, against, 'ms', { kind: 'atMost', ratio: 0.1 });
};

/** Figures of kernels alone; those of the whole editor are in `workbench.ts`. @param only runs those whose name has it. */
export async function kernelBench(report: (figure: Figure) => void, only: string): Promise<void> {
  const kernels = await testHosts();
  const measures: readonly (readonly [string, Measure])[] = [
    ['trivial cpp', trivialCpp],
    ['start cpp first', startFirst],
    ['start cpp unknown', startUnknown],
    ['start cpp afterwards', startAfterwards],
    ['trivial python', trivialPython],
    ['checkpoints', checkpointCost],
    ['restore', restore],
  ];
  try {
    for (const [name, measure] of measures) if (name.includes(only)) report(await measure(kernels));
  } finally {
    await kernels.close();
  }
}
