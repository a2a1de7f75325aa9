import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from '../../../server/src/features/diagnostics.ts';
import { RootProcess } from '../../../server/src/introspection/root-process.ts';
import { testInstallation } from '../../support/real-kernel.ts';
import { sample } from '../../support/tutorials/sample.ts';
import { readTruth, judgedRoot } from '../../support/tutorials/truth.ts';
import { sourceOf } from '../../support/tutorials/tutorial.ts';

const seed = Number(process.env['ROOTBOOK_SEED'] ?? 7);

describe(`language help on tutorials that ROOT runs to their end (seed ${String(seed)})`, () => {
  const macros = readTruth().filter(({ tutorial }) => tutorial.endsWith('.C'));
  let root: RootProcess;
  beforeAll(async () => {
    const { executable } = await testInstallation();
    const macro = path.resolve('server/agent/introspect.C');
    root = new RootProcess({ executable, macro, environment: process.env }, () => undefined);
  });
  afterAll(() => {
    root.dispose();
  });

  it.each(sample(macros, 12, seed))('finds no mistake in $tutorial', async ({ tutorial }) => {
    const judged = await judgedRoot();
    const folder = path.dirname(path.join(judged.root, 'tutorials', tutorial));
    const text = sourceOf(judged, tutorial);
    const found = await diagnose([{ name: 'rb0', text }], folder, root, new AbortController().signal);
    expect(found?.get('rb0')?.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
