import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { durabilityBench } from './durability.ts';
import { toTable, type Figure } from './figures.ts';
import { kernelBench } from './kernel.ts';
import { tutorialCellsBench, tutorialsBench, tutorialTruthBench } from './tutorials.ts';
import { pythonJudge } from './python-judge.ts';
import { pythonRunnerBench } from './python-runner.ts';
import { windowBench } from './window.ts';

const benches: Readonly<Record<string, (report: (figure: Figure) => void, only: string) => Promise<void>>> = {
  kernel: async (report, only) => {
    await kernelBench(report, only);
    await windowBench(report, only);
  },
  durability: durabilityBench,
  tutorials: tutorialsBench,
  'tutorial-cells': tutorialCellsBench,
  'tutorial-truth': tutorialTruthBench,
  'python-judge': pythonJudge,
  'python-runner': pythonRunnerBench,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'string' }, only: { type: 'string', default: '' } },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  const bench = benches[name];
  if (!bench) {
    process.stderr.write(
      `usage: npm run bench -- NAME [--json FILE] [--only TEXT]\nNAME is one of: ${Object.keys(benches).join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const figures: Figure[] = [];
  await bench((figure) => {
    figures.push(figure);
    process.stderr.write(`${figure.figure}: ${String(figure.ratio)} (${figure.goal})\n`);
  }, values.only);
  process.stdout.write(`${toTable(figures)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}

void main();
