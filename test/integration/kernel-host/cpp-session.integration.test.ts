import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../client/src/kernels/session.ts';
import { cellRequest } from '../../support/cell-request.ts';
import { processesWith, runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

describe('a ROOT C++ session', () => {
  let kernels: TestHosts;
  let session: Session;
  beforeAll(async () => {
    kernels = await testHosts();
    session = await kernels.open('cpp');
  });
  afterAll(() => kernels.close());

  it('prints values as the ROOT prompt does and keeps them', async () => {
    expect((await runCell(session, 'int a = 20;\na + 1')).stdout).toBe('(int) 21\n');
    expect((await runCell(session, 'a * 2')).stdout).toBe('(int) 40\n');
  });

  it('fails a cell that does not compile, at its line and column', async () => {
    const { status, error, stderr } = await runCell(
      session,
      'int ok = 1;\nTH1F hh("hh", "", 10, 0, 1);\nhh.Fil(3);',
    );
    expect(status).toBe('error');
    expect(error?.problems[0]).toEqual({
      severity: 'error',
      message: "no member named 'Fil' in 'TH1F'",
      line: 3,
      column: 4,
    });
    expect(stderr).toBe('');
  });

  it('aborts what waits behind a failure, and nothing else', async () => {
    const all = await Promise.all([
      runCell(session, 'int q1 = 1;'),
      runCell(session, 'throw std::runtime_error("boom");'),
      runCell(session, 'int q2 = 2;'),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['ok', 'error', 'aborted']);
    expect(all[1].error).toMatchObject({ name: 'std::runtime_error', message: 'boom' });
    expect((await runCell(session, 'q1')).status).toBe('ok');
  });

  it('gives back the state after a crash and says what happened', async () => {
    await runCell(session, 'TH1F kept("kept", "", 10, 0, 1); kept.Fill(0.5);');
    const crash = await runCell(session, 'kept.Fill(0.5);\nTH1F *none = nullptr;\nnone->Fill(1);');
    expect(crash.status).toBe('error');
    expect(crash.error?.name).toBe('SIGSEGV');
    expect(crash.error?.traceback.join('\n')).toContain('what it was before this cell');
    expect(crash.error?.problems[0]?.line).toBe(3);
    expect((await runCell(session, 'kept.GetEntries()')).stdout).toBe('(double) 1.0000000\n');
  });

  it('loses one cell, not the session, to an unknown name that breaks the interpreter', async () => {
    await runCell(session, 'int safe = 5;');
    const broken = await runCell(session, 'TH1F bins("bins", "", nbins, 0, 1);');
    expect(broken.error?.name).toBe('CompileError');
    expect(broken.error?.problems[0]?.line).toBe(1);
    expect(broken.stderr).not.toMatch(/materialize|cling::runtime/);
    expect((await runCell(session, 'TH1F bins("bins", "", safe, 0, 1);\nbins.GetNbinsX()')).stdout).toBe(
      '(int) 5\n',
    );
  });

  it.each([
    ['exit(3);', 'exit code 3'],
    ['.q', 'ended ROOT'],
    ['abort();', 'SIGABRT'],
    ['kill(getpid(), SIGKILL);', 'SIGKILL'],
  ])('survives %s', async (code, word) => {
    await runCell(session, 'int before = 5;');
    const { status, error } = await runCell(session, code);
    expect(status).toBe('error');
    expect(error?.traceback.join('\n')).toContain(word);
    expect((await runCell(session, 'before')).stdout).toBe('(int) 5\n');
  });

  it('names the cells that a crash in a Run All undid', async () => {
    const all = await Promise.all([
      runCell(session, 'int u1 = 1;'),
      runCell(session, 'int u2 = 2;'),
      runCell(session, '*(volatile int *)8 = 1;'),
      runCell(session, 'int u3 = 3;'),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['ok', 'ok', 'error', 'aborted']);
    expect((await runCell(session, 'int alive = 1; alive')).stdout).toBe('(int) 1\n');
  });

  it('streams what a cell prints while it runs', async () => {
    const texts: string[] = [];
    const request = cellRequest(
      'for (int i = 0; i < 3; ++i) { printf("line %d\\n", i); gSystem->Sleep(150); }',
    );
    for await (const event of session.execute(request, new AbortController().signal))
      if (event.kind === 'stream') texts.push(event.text);
    expect(texts).toEqual(['line 0\n', 'line 1\n', 'line 2\n']);
  });

  it('stops an endless cell and takes the rest out of the queue', async () => {
    const endless = runCell(session, 'volatile long n = 0; while (true) ++n;');
    const behind = runCell(session, 'int never = 1;');
    await until(() => session.state.kind === 'busy');
    await session.interrupt();
    expect((await endless).error?.name).toBe('Interrupted');
    expect((await behind).status).toBe('aborted');
  });

  it('goes back to before a cell that cannot be interrupted', async () => {
    await runCell(session, 'int gone = 1;');
    const stuck = runCell(session, 'gone = 2; signal(SIGINT, SIG_IGN); while (true) gSystem->Sleep(10);');
    await until(() => session.state.kind === 'busy');
    await session.goBack();
    expect((await stuck).error?.name).toBe('Stopped');
    expect((await runCell(session, 'gone')).stdout).toBe('(int) 1\n');
  });

  it('shows a canvas as data, picture and text', async () => {
    const { events } = await runCell(
      session,
      'TCanvas c1; TH1F hg("hg", "Gauss;x;n", 50, -3, 3); hg.FillRandom("gaus", 500); hg.Draw(); c1.Draw();',
    );
    const displays = events.flatMap((event) => (event.kind === 'display' ? [event.data] : []));
    expect(displays).toHaveLength(1);
    expect(Object.keys(displays[0] ?? {}).sort()).toEqual(['image/png', 'text/html', 'text/plain']);
    expect(String(displays[0]?.['text/plain'])).toContain('500');
  });

  it('begins anew after a restart', async () => {
    await runCell(session, 'int forgotten = 1;');
    await session.restart(new AbortController().signal);
    expect((await runCell(session, 'forgotten')).status).toBe('error');
    expect((await runCell(session, 'int a = 1; a')).stdout).toBe('(int) 1\n');
  });

  it('is found again by the notebook it belongs to', async () => {
    const spec = kernels.spec('cpp');
    const open = (): Promise<Session> =>
      kernels.hosts.open(spec, () => undefined, new AbortController().signal);
    const first = await open();
    await runCell(first, 'int stays = 7;');
    await first.detach();
    const second = await open();
    expect((await runCell(second, 'stays')).stdout).toBe('(int) 7\n');
    await second.shutDown();
  });
});

describe('the processes of a session', () => {
  it.each<['SIGTERM' | 'SIGKILL']>([['SIGTERM'], ['SIGKILL']])(
    'all end when the host is ended by %s',
    async (signal) => {
      const kernels = await testHosts();
      const tag = `ROOTBOOK_TEST_TAG=${String(process.pid)}.${signal}`;
      const [name = '', value = ''] = tag.split('=');
      const environment = { [name]: value };
      const session = await kernels.open('cpp', { environment });
      await runCell(session, 'gSystem->Exec("sleep 1000 &"); if (fork() == 0) { while (true) sleep(1); }');
      await until(() => processesWith(tag).length >= 4);
      const [host] = await kernels.hosts.list();
      process.kill(host?.pid ?? 0, signal);
      await until(() => processesWith(tag).length === 0);
      await kernels.close();
    },
  );
});
