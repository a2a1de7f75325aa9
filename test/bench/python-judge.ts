import { type Case, differences, notebookCase, recorded, tutorialCase, tutorials } from '../support/judge.ts';
import { testHosts } from '../support/real-kernel.ts';
import { type Figure, toFigure } from './figures.ts';

/** Runs notebooks in ipykernel and in our runner, and says what differs. @param only names of those to run. */
export async function pythonJudge(report: (figure: Figure) => void, only: string): Promise<void> {
  const hosts = await testHosts();
  const cases: Case[] = [];
  if ('recorded'.includes(only)) cases.push(await notebookCase(recorded));
  for (const name of tutorials) if (name.includes(only)) cases.push(await tutorialCase(name));
  let equal = 0;
  try {
    for (const one of cases) {
      const found = await differences(hosts, one, ['python-jupyter', 'python']);
      if (found.length === 0) ++equal;
      process.stderr.write(found.length === 0 ? `${one.name}: equal\n` : `${found.join('\n')}\n`);
    }
  } finally {
    await hosts.close();
  }
  report(
    toFigure('Python notebooks, against those equal to ipykernel', cases.length, equal, 'notebooks', {
      kind: 'atMost',
      ratio: 1,
    }),
  );
}
