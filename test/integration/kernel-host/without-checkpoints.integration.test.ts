import { afterEach, describe, expect, it } from 'vitest';
import type { Session } from '../../../client/src/kernels/session.ts';
import type { LaunchSpec } from '../../../client/src/kernel-host/launch-spec.ts';
import { noFork } from '../../support/no-fork.ts';
import { runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

describe('a ROOT C++ session without checkpoints', () => {
  let kernels: TestHosts;
  afterEach(() => kernels.close());
  async function open(changes: Partial<LaunchSpec>): Promise<Session> {
    kernels = await testHosts();
    return kernels.open('cpp', changes);
  }

  it('ends with a crash, says so and why in the cell, and starts again when asked to', async () => {
    const session = await open({ checkpoints: 0 });
    await runCell(session, 'int before = 1;');
    const [crash, waiting] = await Promise.all([runCell(session, '\nabort();'), runCell(session, 'before')]);
    expect(crash.error?.name).toBe('SIGABRT');
    expect(crash.error?.problems[0]?.line).toBe(2);
    const said = crash.error?.traceback.join('\n');
    expect(said).toContain('nothing could be restored, because the setting rootbook.kernel.checkpoints is 0');
    expect(said).toContain('Restart the kernel.');
    expect(waiting.status).toBe('aborted');
    await until(() => session.state.kind === 'dead');
    await session.restart(new AbortController().signal);
    expect((await runCell(session, 'int before = 2;\nbefore')).stdout).toBe('(int) 2\n');
  });

  it('goes on with an interpreter that a cell has broken, and offers to restart', async () => {
    const session = await open({ checkpoints: 0 });
    const broken = await runCell(session, 'TH1F bins("bins", "", nbins, 0, 1);');
    expect(broken.error?.name).toBe('CompileError');
    expect(broken.events).toContainEqual({
      kind: 'notice',
      text: 'The interpreter may fail with every later cell as well.',
      action: 'restart',
    });
    await session.restart(new AbortController().signal);
    expect((await runCell(session, 'int nbins = 3;\nnbins')).stdout).toBe('(int) 3\n');
  });

  it('goes back to the last copy when the system has refused to make newer ones', async () => {
    const session = await open({});
    expect((await runCell(session, noFork)).stdout).toBe('(bool) true\n');
    await runCell(session, 'int lost = 1;');
    const crash = await runCell(session, 'abort();');
    expect(crash.error?.traceback.join('\n')).toContain(
      'Undone with this cell: In[1], In[2]. Run them again.',
    );
    expect((await runCell(session, '1 + 1')).stdout).toBe('(int) 2\n');
  });
});
