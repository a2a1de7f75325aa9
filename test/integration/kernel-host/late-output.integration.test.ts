import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellEvent } from '../../../client/src/kernels/cell-events.ts';
import { comeBack, followToEnd, openKernel } from '../../support/left-kernel.ts';
import { runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

const thread = (milliseconds: number, text: string): string =>
  `std::thread([] { gSystem->Sleep(${String(milliseconds)}); printf("${text}\\n"); fflush(stdout); }).detach();`;

describe('what a C++ cell prints from another thread or a later event', () => {
  let kernels: TestHosts;
  beforeAll(async () => {
    kernels = await testHosts();
  });
  afterAll(() => kernels.close());

  it('is that of the cell while the cell runs', async () => {
    const session = await kernels.open('cpp');
    const { stdout } = await runCell(session, `${thread(50, 'from a thread')} gSystem->Sleep(400);`);
    expect(stdout).toBe('from a thread\n');
    await session.shutDown();
  });

  it('of a timer is that of the cell which runs when it fires', async () => {
    const session = await kernels.open('cpp');
    const wait = 'for (int i = 0; i < 60; ++i) { gSystem->Sleep(10); gSystem->ProcessEvents(); }';
    const timer = `struct Once : TTimer { Once() : TTimer(200) { TurnOn(); }
  Bool_t Notify() override { printf("fired\\n"); fflush(stdout); TurnOff(); return true; } };`;
    expect((await runCell(session, `${timer}\nnew Once; ${wait}`)).stdout).toContain('fired\n');
    expect((await runCell(session, 'auto later = new Once;')).stdout).toBe('');
    expect((await runCell(session, wait)).stdout).toBe('fired\n');
    await session.shutDown();
  });

  it('is marked as late when the cell is over, also for a window that comes back', async () => {
    const code = `#include <thread>\n${thread(300, 'too late')}`;
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const stray: CellEvent[] = [];
    first.onStray((event) => stray.push(event));
    const { stdout, status } = await runCell(first, `printf("in time\\n");\n${code}`);
    expect([stdout, status]).toEqual(['in time\n', 'ok']);
    await until(() => stray.length > 0);
    expect(stray).toEqual([{ kind: 'stream', name: 'stdout', text: 'too late\n' }]);
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    const again = await followToEnd(session, session.executions[0]?.id ?? '');
    expect(again.status).toBe('ok');
    expect(again.stdout).toBe('in time\n[printed later, when no cell ran]\ntoo late\n');
    await session.shutDown();
  });

  it('is kept when no window is there to be told', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    await runCell(first, `#include <thread>\n${thread(500, 'nobody is here')}`);
    await first.detach();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const session = await comeBack(kernels.hosts, spec);
    const { stdout, status } = await followToEnd(session, session.executions[0]?.id ?? '');
    expect([stdout, status]).toEqual(['[printed later, when no cell ran]\nnobody is here\n', 'ok']);
    await session.shutDown();
  });
});
