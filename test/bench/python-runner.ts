import type { Session } from '../../client/src/kernels/session.ts';
import { runCell, testHosts, until } from '../support/real-kernel.ts';
import { type Figure, median, time, toFigure } from './figures.ts';
import { startJupyterClient } from './jupyter-client.ts';

const rounds = 5;
const cells = Array.from({ length: 200 }, (_, index) => `x = ${String(index)}`);

/** Python on our runner, against ipykernel by `jupyter_client` and against its own start. */
export async function pythonRunnerBench(report: (figure: Figure) => void): Promise<void> {
  const hosts = await testHosts();
  const rival = await startJupyterClient('python3');
  try {
    const session = await hosts.open('python');
    const run = (code: string): Promise<unknown> => runCell(session, code, { language: 'python' });
    await run('x = 0');
    const single: number[] = [];
    const all: number[] = [];
    const rivalSingle: number[] = [];
    const rivalAll: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const code of cells.slice(0, 20)) {
        // The checkpoint comes after the reply: a person takes longer to ask for the next cell.
        await idle(session);
        single.push(await time(() => run(code)));
      }
      all.push(await time(() => Promise.all(cells.map(run))));
      const took = await rival.run(cells);
      rivalSingle.push(...took);
      rivalAll.push(took.reduce((sum, each) => sum + each, 0));
    }
    report(
      toFigure('trivial Python cell on the runner', median(single), median(rivalSingle), 'ms', {
        kind: 'atMost',
        ratio: 0.8,
      }),
    );
    report(
      toFigure('Run All of 200 trivial Python cells on the runner', median(all), median(rivalAll), 'ms', {
        kind: 'atMost',
        ratio: 1,
      }),
    );
    await run('import numpy\nheap = numpy.ones(500 * 1000 * 1000 // 8)');
    const restored: number[] = [];
    const started: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await run('heap[7] = 3');
      await idle(session);
      // By the end of the cell, the session is there again.
      restored.push(await time(() => run('import os\nos.kill(os.getpid(), 9)')));
      let fresh: Session | undefined;
      started.push(await time(async () => (fresh = await hosts.open('python'))));
      await fresh?.shutDown();
    }
    report(
      toFigure('restore of Python, 500 MB array', median(restored), median(started), 'ms', {
        kind: 'atMost',
        ratio: 0.1,
      }),
    );
  } finally {
    await rival.close();
    await hosts.close();
  }
}

async function idle(session: Session): Promise<void> {
  await until(() => session.state.kind === 'idle');
  await new Promise((resolve) => setTimeout(resolve, 250));
}
