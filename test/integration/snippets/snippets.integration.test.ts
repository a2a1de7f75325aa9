import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findInstallations } from '../../../client/src/kernels/discovery.ts';
import type { Installation } from '../../../client/src/kernels/installation.ts';

const run = promisify(execFile);
const Snippets = z.record(z.string(), z.object({ prefix: z.array(z.string()), body: z.array(z.string()) }));
const development = path.join(os.homedir(), '.cache/rootbook-dev/python');

/** What is in the editor when the user accepts every default. */
function accepted(body: readonly string[]): string {
  return body
    .join('\n')
    .replaceAll(/\$\{\d+:([^}]*)\}/g, '$1')
    .replaceAll('$0', '');
}

let folder: string;
let root: Installation;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'snippets-'));
  const [found] = await findInstallations({
    home: os.homedir(),
    environment: process.env,
    folders: [],
    rootFolders: [],
    pythonEnvironments: [development],
    knownPythons: [],
  });
  if (!found) throw new Error('these tests need a ROOT');
  root = found;
  // The file that snippets read.
  const make = [
    'TFile f("data.root", "RECREATE"); TH1D h("hist", "", 10, 0, 1); h.Write();',
    'TTree t("events", ""); double x; t.Branch("x", &x); for (x = -5; x < 5; ++x) t.Fill(); t.Write(); f.Close();',
  ];
  await run(root.executable, ['-l', '-b', '-q', ...make.flatMap((code) => ['-e', code])], { cwd: folder });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function snippets(language: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`snippets/${language}.json`, 'utf8');
  const parsed = Snippets.parse(JSON.parse(text));
  return new Map(Object.entries(parsed).map(([name, { body }]) => [name, accepted(body)]));
}

describe('snippets', () => {
  it('run in C++ as they are inserted', async () => {
    const failed: string[] = [];
    for (const [name, code] of await snippets('cpp')) {
      const macro = path.join(folder, 'macro.C');
      await writeFile(macro, `int macro() {\n${code}\nreturn 0;\n}\n`);
      const { stderr } = await run(root.executable, ['-l', '-b', '-q', '-e', 'int failed = 1;', macro], {
        cwd: folder,
      });
      if (/error:|Error in|\*\*\* /.test(stderr)) failed.push(`${name}: ${stderr}`);
    }
    expect(failed).toEqual([]);
  }, 180_000);

  it('run in Python as they are inserted', async () => {
    const each = [...(await snippets('python'))].map(
      ([name, code]) =>
        `try:\n    exec(${JSON.stringify(code)}, {"ROOT": ROOT})\nexcept BaseException as e:\n    print(${JSON.stringify(`FAILED ${name}:`)}, repr(e))\n`,
    );
    const script = path.join(folder, 'all.py');
    await writeFile(script, `import ROOT\nROOT.gROOT.SetBatch(True)\n${each.join('')}print("END")\n`);
    const { stdout } = await run(root.python ?? 'python3', [script], { cwd: folder });
    expect(stdout.split('\n').filter((line) => /^(FAILED|END)/.test(line))).toEqual(['END']);
  }, 180_000);
});

describe('samples', () => {
  it.each(['first-steps-cpp', 'first-steps-python'])(
    '%s is saved without outputs and with a standard kernelspec',
    async (name) => {
      const Sample = z.object({
        cells: z.array(z.object({ cell_type: z.string(), outputs: z.array(z.unknown()).optional() })),
        metadata: z.object({ kernelspec: z.object({ name: z.enum(['root', 'python3']) }) }),
      });
      const sample = Sample.parse(JSON.parse(await readFile(`samples/${name}.ipynb`, 'utf8')));
      expect(sample.cells.flatMap(({ outputs }) => outputs ?? [])).toEqual([]);
    },
  );
});
