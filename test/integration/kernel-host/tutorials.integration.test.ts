import { describe, expect, it } from 'vitest';
import { judge } from '../../support/tutorials/judge.ts';
import { sample } from '../../support/tutorials/sample.ts';
import { judgedRoot, readCauses, readTruth } from '../../support/tutorials/truth.ts';

/** `npm run bench -- tutorials` runs all of them. */
const count = 20;
const seed = 1995;
const longestSeconds = 5;

describe('a tutorial of ROOT as a notebook', () => {
  const causes = readCauses();
  const quick = readTruth().filter(
    ({ tutorial, seconds }) => seconds <= longestSeconds && !causes.has(tutorial),
  );

  it.each(sample(quick, count, seed))(
    'prints and draws what ROOT itself does: $tutorial',
    async (truth) => {
      expect(await judge(await judgedRoot(), truth)).toEqual([]);
    },
    300_000,
  );
});
