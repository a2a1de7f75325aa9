import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the agent places mistakes in the cell, in any Python', async () => {
  const file = path.join(import.meta.dirname, 'test_positions.py');
  const { stderr } = await promisify(execFile)('python3', [file]);
  expect(stderr).toMatch(/^Ran [1-9]\d* tests[\s\S]*^OK$/m);
});
