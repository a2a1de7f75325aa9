import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Flavour, languageOf } from '../../../client/src/kernels/installation.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { cellRequest } from '../../support/cell-request.ts';
import { testHosts, type TestHosts } from '../../support/real-kernel.ts';

const Snippets = z.record(z.string(), z.object({ prefix: z.array(z.string()), body: z.array(z.string()) }));
const Sample = z.object({
  cells: z.array(
    z.object({
      cell_type: z.string(),
      source: z.array(z.string()),
      outputs: z.array(z.unknown()).optional(),
    }),
  ),
  metadata: z.object({ kernelspec: z.object({ name: z.enum(['root', 'python3']) }) }),
});

/** What is in the editor when the user accepts every default. */
function accepted(body: readonly string[]): string {
  return body
    .join('\n')
    .replaceAll(/\$\{\d+:([^}]*)\}/g, '$1')
    .replaceAll('$0', '');
}

let hosts: TestHosts;
beforeAll(async () => (hosts = await testHosts()));
afterAll(() => hosts.close());

/** Runs code in a session as a cell. @returns what went wrong, if anything did. */
async function failureOf(session: Session, flavour: Flavour, code: string): Promise<string | undefined> {
  const request = cellRequest(code, { language: languageOf(flavour), mayFail: true });
  let failure: string | undefined;
  for await (const event of session.execute(request, new AbortController().signal)) {
    if (event.kind === 'error') failure = `${event.name}: ${event.message}`;
    if (event.kind === 'stream' && /^(Error|SysError) in/m.test(event.text)) failure ??= event.text;
    if (event.kind === 'done' && event.status !== 'ok') failure ??= event.status;
  }
  return failure;
}

/** @returns a line for each code that failed. */
async function failures(flavour: Flavour, codes: readonly (readonly [string, string])[]): Promise<string[]> {
  const session = await hosts.open(flavour);
  const failed: string[] = [];
  for (const [name, code] of codes) {
    const failure = await failureOf(session, flavour, code);
    if (failure !== undefined) failed.push(`${name}: ${failure}`);
  }
  await session.shutDown();
  return failed;
}

const flavours = [
  ['cpp', 'cpp'],
  ['python', 'python'],
] as const;

/** The file that snippets read. */
const makeData = {
  cpp: [
    'TFile f("data.root", "RECREATE"); TH1D hist("hist", "", 10, 0, 1); hist.Write();',
    'TTree t("events", ""); double x; t.Branch("x", &x); for (x = -5; x < 5; ++x) t.Fill(); t.Write(); f.Close();',
  ].join('\n'),
  python: [
    'import ROOT, numpy',
    'ROOT.RDF.FromNumpy({"x": numpy.arange(-5.0, 5.0)}).Snapshot("events", "data.root")',
    'f = ROOT.TFile.Open("data.root", "UPDATE"); f.WriteObject(ROOT.TH1D("hist", "", 10, 0, 1), "hist"); f.Close()',
  ].join('\n'),
} as const;

describe('snippets, inserted as they are and run one after the other', () => {
  it.each(flavours)(
    'run in %s',
    async (flavour, file) => {
      const parsed = Snippets.parse(JSON.parse(await readFile(`snippets/${file}.json`, 'utf8')));
      const codes = Object.entries(parsed).map(([name, { body }]) => [name, accepted(body)] as const);
      expect(await failures(flavour, [['the file they read', makeData[flavour]], ...codes])).toEqual([]);
    },
    120_000,
  );
});

describe('samples', () => {
  it.each(flavours)(
    'run from top to bottom, saved without outputs: %s',
    async (flavour, file) => {
      const { cells, metadata } = Sample.parse(
        JSON.parse(await readFile(`samples/first-steps-${file}.ipynb`, 'utf8')),
      );
      expect(metadata.kernelspec.name).toBe(flavour === 'cpp' ? 'root' : 'python3');
      expect(cells.flatMap(({ outputs }) => outputs ?? [])).toEqual([]);
      const codes = cells
        .filter(({ cell_type: type }) => type === 'code')
        .map(({ source }) => [source[0] ?? '', source.join('')] as const);
      expect(await failures(flavour, codes)).toEqual([]);
    },
    120_000,
  );
});
