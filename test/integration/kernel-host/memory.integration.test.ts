import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostStatus } from '../../../client/src/kernel-host/client.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { runCell, type TestHosts, testHosts } from '../../support/real-kernel.ts';

const megabyte = 1024 ** 2;

describe.runIf(process.platform === 'linux')('the memory of a kernel', () => {
  let kernels: TestHosts;
  let session: Session;
  beforeAll(async () => {
    kernels = await testHosts();
    session = await kernels.open('cpp');
  });
  afterAll(() => kernels.close());

  async function memory(): Promise<{ readonly all: number; readonly checkpoints: number }> {
    const [host] = await kernels.hosts.list();
    return { all: host?.memory ?? 0, checkpoints: host?.checkpointMemory ?? 0 };
  }

  /** What a cell adds, once the checkpoint after it was taken. */
  async function added(code: string): Promise<{ readonly all: number; readonly checkpoints: number }> {
    const before = await memory();
    expect((await runCell(session, code)).status).toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await memory();
    return {
      all: (after.all - before.all) / megabyte,
      checkpoints: (after.checkpoints - before.checkpoints) / megabyte,
    };
  }

  it('is that of all its processes, what they share counted once', async () => {
    await runCell(session, 'std::vector<double> big;');
    const { all, checkpoints } = await added('big.assign(200 * 1024 * 1024 / 8, 1.0);');
    expect(all).toBeGreaterThan(150);
    expect(all).toBeLessThan(260);
    expect(checkpoints).toBeLessThan(30);
  });

  it('tells what only checkpoints hold: what changed since', async () => {
    const { all, checkpoints } = await added('for (double &x : big) x += 1;');
    expect(checkpoints).toBeGreaterThan(150);
    expect(checkpoints).toBeLessThan(260);
    expect(all).toBeGreaterThan(150);
  });

  it('is told of a Python kernel via Jupyter too, which has no checkpoints', async () => {
    const python = await kernels.open('python-jupyter');
    const use = async (): Promise<HostStatus | undefined> =>
      (await kernels.hosts.list()).find(({ label }) => label.includes('Python'));
    const before = (await use())?.memory ?? 0;
    await runCell(python, 'big = bytearray(200 * 1024 * 1024)', { language: 'python' });
    expect(((await use())?.memory ?? 0) - before).toBeGreaterThan(150 * megabyte);
    expect((await use())?.checkpointMemory).toBe(0);
    await python.shutDown();
  });
});
