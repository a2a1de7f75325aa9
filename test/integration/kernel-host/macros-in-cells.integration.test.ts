import { describe, expect, it } from 'vitest';
import { runInCells } from '../../support/tutorials/cut-into-cells.ts';
import { sample } from '../../support/tutorials/sample.ts';
import { judgedRoot, readTruth } from '../../support/tutorials/truth.ts';

const count = 6;
const seed = 2003;
const longestSeconds = 3;

describe('a macro that is cut into cells', () => {
  const quick = readTruth().filter(
    ({ tutorial, seconds }) => tutorial.endsWith('.C') && seconds <= longestSeconds,
  );

  it.each(sample(quick, count, seed))(
    'fails in the cells that the ROOT prompt rejects, and only in those: $tutorial',
    async ({ tutorial }) => {
      const { atPrompt, inNotebook } = await runInCells(await judgedRoot(), tutorial);
      expect(inNotebook).toEqual(atPrompt);
    },
    300_000,
  );
});
