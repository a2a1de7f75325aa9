import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const Case = z.object({
  name: z.string(),
  code: z.string(),
  items: z
    .array(z.object({ kind: z.string(), line: z.number(), column: z.number(), text: z.string() }))
    .optional(),
  incomplete: z.object({ line: z.number(), column: z.number(), message: z.string() }).optional(),
});

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/cells');
const cases = z.array(Case).parse(JSON.parse(readFileSync(path.join(fixtures, 'split.json'), 'utf8')));

describe('splitting a C++ cell into its top-level items', () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-split-'));
    program = path.join(folder, 'split');
    const flags = ['-std=c++17', '-Wall', '-Wextra', '-Werror'];
    execFileSync('c++', [...flags, path.join(fixtures, 'split.cpp'), '-o', program]);
  }, 60_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(cases)('$name', ({ code, items, incomplete }) => {
    const found: unknown = JSON.parse(execFileSync(program, { input: code, encoding: 'utf8' }));
    expect(found).toEqual(incomplete ? { incomplete } : { items });
  });

  it('ends on any cut of any cell', () => {
    for (const { code } of cases)
      for (let length = 0; length < code.length; length += 7)
        execFileSync(program, { input: code.slice(0, length), timeout: 5000 });
  });
});
