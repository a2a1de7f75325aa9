import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../client/src/kernels/session.ts';
import { runCell, type TestHosts, testHosts } from '../../support/real-kernel.ts';

describe('going back to before a cell', () => {
  let kernels: TestHosts;
  let session: Session;
  beforeAll(async () => {
    kernels = await testHosts();
    session = await kernels.open('cpp');
  });
  afterAll(() => kernels.close());

  /** Runs a cell with a name of its own, and lets the kernel take a checkpoint after it. */
  async function run(cellId: string, code: string): Promise<string> {
    const place = { cellId, index: 0, source: '' };
    const { stdout, status } = await runCell(session, code, { place });
    expect(status).toBe('ok');
    return stdout;
  }

  it('restores what the session was, names what is undone, and can be done again', async () => {
    await run('one', 'int n = 1;');
    await run('two', 'n = 2;');
    await run('three', 'n = 3; struct Later {};');
    expect(await session.goBackTo('two')).toEqual(['two', 'three']);
    expect(await run('look', 'n')).toBe('(int) 1\n');
    await run('three again', 'struct Later { int is = 4; }; n = Later().is;');
    expect(await run('look again', 'n')).toBe('(int) 4\n');
    expect(await session.goBackTo('three again')).toEqual(['three again', 'look again']);
    expect(await run('last look', 'n')).toBe('(int) 1\n');
  });

  it('keeps the checkpoints that are older than the one it went back to', async () => {
    await run('a', 'int steps = 1;');
    await run('b', 'steps = 2;');
    await run('c', 'steps = 3;');
    expect(await session.goBackTo('c')).toEqual(['c']);
    expect(await session.goBackTo('b')).toEqual(['b']);
    expect(await run('look at steps', 'steps')).toBe('(int) 1\n');
  });

  it('ends a cell that runs', async () => {
    await run('base', 'int base = 1;');
    const endless = runCell(session, 'base = 2; while (true) gSystem->Sleep(10);');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await session.goBackTo('base')).toEqual(['base']);
    expect((await endless).error?.name).toBe('Stopped');
    expect((await runCell(session, 'base')).status).toBe('error');
  });

  it('says so when no checkpoint is that old, and leaves the session as it is', async () => {
    await run('old', 'int old = 1;');
    for (let i = 0; i < 4; ++i) await run(`newer ${String(i)}`, 'old++;');
    await expect(session.goBackTo('old')).rejects.toThrow(/No checkpoint is old enough/);
    await expect(session.goBackTo('never ran')).rejects.toThrow(/did not run in this kernel/);
    expect(await run('still', 'old')).toBe('(int) 5\n');
  });

  it('is as good after a crash', async () => {
    await run('x', 'int x = 1;');
    await run('y', 'x = 2;');
    expect((await runCell(session, 'abort();')).status).toBe('error');
    expect(await session.goBackTo('y')).toEqual(['y']);
    expect(await run('look at x', 'x')).toBe('(int) 1\n');
  });
});
