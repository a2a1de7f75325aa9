import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStockCpp } from '../../../client/src/kernel-host/jupyter/backend.ts';
import type { Backend, Emission } from '../../../client/src/kernel-host/backend.ts';
import type { Installation } from '../../../client/src/kernels/installation.ts';
import { environmentOf } from '../../../client/src/kernels/set-up.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import {
  runCell,
  testHosts,
  type TestHosts,
  testInstallations,
  tools,
  until,
} from '../../support/real-kernel.ts';

let hosts: TestHosts;
let installation: Installation;
let session: Session;

beforeAll(async () => {
  hosts = await testHosts();
  const stock = (await testInstallations()).filter(({ kernelspec }) => kernelspec?.language === 'cpp');
  expect(stock).toHaveLength(1);
  const [first] = stock;
  if (!first) return;
  installation = first;
  const { signal } = new AbortController();
  const environment = await environmentOf(installation, process.env, hosts.stateFolder, signal);
  session = await hosts.open('cpp', { installation, environment });
});
afterAll(() => hosts.close());

describe("ROOT's own C++ kernel for Jupyter", () => {
  it('is the one that the wheel brings, run by the Python of the wheel', () => {
    const [python, ...others] = installation.kernelspec?.argv ?? [];
    expect(python).toBe(path.join(tools, 'python/bin/python3'));
    expect(others).toEqual(['-m', 'ROOT._jupyroot.kernel.rootkernel', '-f', '{connection_file}']);
    expect(installation.kernelspec?.missing).toEqual([]);
  });

  it('runs C++ and the magics of its own', async () => {
    expect(await runCell(session, 'int stock = 41; ++stock')).toMatchObject({
      status: 'ok',
      stdout: '(int) 42\n',
    });
    expect(await runCell(session, '%%cpp -d\nint twice(int x) { return 2 * x; }')).toMatchObject({
      status: 'ok',
    });
    expect((await runCell(session, 'twice(21)')).stdout).toBe('(int) 42\n');
    expect((await runCell(session, 'print(6 * 7)', { language: 'python' })).stdout).toContain('42');
  });

  it('marks a cell failed that does not compile, at its line', async () => {
    const failed = await runCell(session, 'int fine = 1;\nint bad = "text";\n');
    expect(failed.status).toBe('error');
    expect(failed.error?.problems).toMatchObject([{ line: 2, column: 5, severity: 'error' }]);
    expect(failed.stderr).toContain('error:');
    expect(await runCell(session, 'void f() {')).toMatchObject({
      status: 'error',
      error: { message: 'Unbalanced braces. This cell was not processed.' },
    });
    expect(await runCell(session, 'std::cerr << "only a remark\\n";')).toMatchObject({ status: 'ok' });
  });

  it('shows canvases', async () => {
    const ran = await runCell(
      session,
      'auto c = new TCanvas("c", "", 300, 200); TH1F h("h", "", 2, 0, 2); h.Draw(); c->Draw();',
    );
    expect(ran.status).toBe('ok');
    const display = ran.events.find((event) => event.kind === 'display');
    expect(Object.keys(display?.kind === 'display' ? display.data : {})).toContain('text/html');
  });

  it('that hangs at an update of an earlier canvas fails its cell, says so, and can be restarted', async () => {
    const hung = await runCell(session, 'c->Update();');
    expect(hung).toMatchObject({ status: 'error', error: { name: 'KernelHangs' } });
    expect(hung.error?.message).toContain('Restart it');
    await until(() => session.state.kind === 'dead');
    await session.restart(new AbortController().signal);
    expect((await runCell(session, '1 + 1')).stdout).toBe('(int) 2\n');
  });
});

describe('questions that the kernel does not answer', () => {
  it('are answered for it, so that nobody waits for ever', async () => {
    const argv = installation.kernelspec?.argv ?? [];
    const environment = Object.fromEntries(
      Object.entries(process.env).map(([name, value]) => [name, value ?? '']),
    );
    const { stateFolder: folder } = hosts;
    const launch = { argv, folder, environment, agentFolder: folder, privateFolder: folder };
    const backend: Backend = await startStockCpp(launch, new AbortController().signal);
    try {
      const ask = (code: string): Promise<Emission> =>
        new Promise((resolve) => {
          const content = { code, cursor_pos: code.length };
          const request = { channel: 'shell', type: 'complete_request', id: 'q', content } as const;
          backend.handle(request, (emission) => {
            if (emission.type === 'complete_reply') resolve(emission);
          });
        });
      expect((await ask('gInterp')).content).toMatchObject({ status: 'ok' });
      expect((await ask('TMath::Pi(')).content).toMatchObject({ status: 'error', ename: 'Timeout' });
    } finally {
      await backend.close();
    }
  });
});
