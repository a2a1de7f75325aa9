import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashTest } from '../../support/crash/crash-test.ts';
import { type TestHosts, testHosts } from '../../support/real-kernel.ts';

describe('a notebook whose window, extension host, kernel host or kernel is killed at random points', () => {
  let kernels: TestHosts;
  beforeAll(async () => {
    kernels = await testHosts();
  });
  afterAll(() => kernels.close());

  it('gets every line and plot back once and in order, at 20 points', { timeout: 600_000 }, async () => {
    const { faults, ended, lines, plots } = await new CrashTest(kernels, 20).run(20);
    expect(faults).toEqual([]);
    expect(Math.min(...Object.values(ended))).toBeGreaterThan(0);
    // How many there are depends on the moments of the kills; without any, nothing was tried.
    expect(lines).toBeGreaterThan(500);
    expect(plots).toBeGreaterThan(5);
  });
});
