import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, notebookCase, recorded, tutorialCase, tutorials } from '../../support/judge.ts';
import { type TestHosts, testHosts } from '../../support/real-kernel.ts';

/** Other tutorials with another seed; all of them: `npm run bench -- python-judge`. */
const seed = Number(process.env['ROOTBOOK_SEED'] ?? 7);
const some = [0, 1, 2].map((index) => tutorials[(seed + index * 17) % tutorials.length] ?? '');

describe('Python on the runner shows what ipykernel shows', { timeout: 240_000 }, () => {
  let hosts: TestHosts;
  beforeAll(async () => (hosts = await testHosts()));
  afterAll(() => hosts.close());

  it('of the recorded notebook', async () => {
    const one = await notebookCase(recorded);
    expect(await differences(hosts, one, ['python-jupyter', 'python'])).toEqual([]);
  });

  it.each(some)('of the tutorial %s', async (name) => {
    expect(await differences(hosts, await tutorialCase(name), ['python-jupyter', 'python'])).toEqual([]);
  });
});
