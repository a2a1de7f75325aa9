import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecords } from '../../../client/src/kernel-host/records.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { cellRequest } from '../../support/cell-request.ts';
import { runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

/** Megabytes of memory that a process has. */
function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

describe('a ROOT C++ kernel, badly treated', () => {
  let kernels: TestHosts;
  beforeAll(async () => {
    kernels = await testHosts();
  });
  afterAll(() => kernels.close());

  it('works without any Python, and says what a Python cell needs', async () => {
    const { python, ...installation } = kernels.spec('cpp').installation;
    expect(python).toBeDefined();
    const session = await kernels.open('cpp', { installation: { ...installation, ipykernel: false } });
    expect((await runCell(session, '6 * 7')).stdout).toBe('(int) 42\n');
    const { status, error } = await runCell(session, '%%python\nprint(1)');
    expect(status).toBe('error');
    expect(error?.message).toContain('No Python');
    await session.shutDown();
  });

  it('runs cells where there is no compiler on the PATH', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-path-'));
    for (const name of ['sh', 'sed', 'nice', 'rm', 'mv', 'env'])
      symlinkSync(`/bin/${name}`, path.join(folder, name));
    const session = await kernels.open('cpp', { environment: { PATH: folder } });
    expect(
      (await runCell(session, 'TH1F h("h", "", 10, 0, 1); h.Fill(0.5); h.GetEntries()')).stdout,
    ).toContain('(double) 1');
    await session.shutDown();
    rmSync(folder, { recursive: true });
  });

  it('tells what ROOT said when ROOT does not start', async () => {
    const { installation } = kernels.spec('cpp');
    const broken = { ...installation, executable: '/bin/false', origin: 'path' as const };
    await expect(kernels.open('cpp', { installation: broken })).rejects.toThrow(
      /ROOT did not start.*\/bin\/false/,
    );
    const missing = { ...installation, executable: '/nonexistent/root.exe', origin: 'path' as const };
    await expect(kernels.open('cpp', { installation: missing })).rejects.toThrow('ROOT did not start');
    await until(async () => (await kernels.hosts.list()).length === 0);
  });

  it('fails the running cell with a clear word when the host is killed', async () => {
    const session = await kernels.open('cpp');
    const cell = runCell(session, 'gSystem->Sleep(100000);');
    await until(() => session.state.kind === 'busy');
    const [host] = (await kernels.hosts.list()).slice(-1);
    process.kill(host?.pid ?? 0, 'SIGKILL');
    await expect(cell).rejects.toThrow(/kernel host/);
    expect(session.state.kind).toBe('closed');
  });

  it('keeps its memory while a cell prints without end, and can be interrupted', async () => {
    const session = await kernels.open('cpp');
    await runCell(session, '1;');
    const [host] = (await kernels.hosts.list()).slice(-1);
    const before = residentMegabytes(host?.pid ?? 0);
    let characters = 0;
    let most = 0;
    const request = cellRequest('!yes "a line that is a little longer than y"');
    let interrupted = false;
    for await (const event of session.execute(request, new AbortController().signal)) {
      if (event.kind !== 'stream') continue;
      characters += event.text.length;
      most = Math.max(most, residentMegabytes(host?.pid ?? 0));
      if (characters > 200e6 && !interrupted) {
        interrupted = true;
        void session.interrupt();
      }
    }
    expect(most - before).toBeLessThan(300);
    expect((await runCell(session, 'int after = 1; after')).stdout).toBe('(int) 1\n');
    await session.shutDown();
  });

  it.each([
    ['close(0); close(1); close(2);'],
    ['freopen("/dev/null", "w", stdout);'],
    ['int fd = open("/dev/null", O_WRONLY); dup2(fd, 1); dup2(fd, 2);'],
  ])('prints again after %s', async (code) => {
    const session = await kernels.open('cpp');
    expect((await runCell(session, code)).status).toBe('ok');
    expect(
      (await runCell(session, 'std::cout << "out" << std::endl; std::cerr << "err" << std::endl;')).stdout,
    ).toBe('out\n');
    await session.shutDown();
  });

  it('hides the socket and the secret of the runner from cells', async () => {
    const session: Session = await kernels.open('cpp');
    const { stdout } = await runCell(session, '!env | grep ROOTBOOK || echo none');
    expect(stdout).toBe('none\n');
    await session.shutDown();
  });
});

describe('the socket of a kernel host', () => {
  it.each([
    ['a wrong token', '{"frame":"attach","protocol":2,"token":"00"}\n', 'wrong token'],
    ['no JSON', 'GET / HTTP/1.1\n\n', 'not valid JSON'],
    ['no attach', '{"frame":"message"}\n', 'wrong token'],
  ])('refuses %s and goes on', async (_name, text, reason) => {
    const kernels = await testHosts();
    const session = await kernels.open('cpp');
    const [record] = await readRecords(kernels.stateFolder);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(record?.socket ?? '');
      let got = '';
      socket.on('data', (chunk) => (got += chunk.toString()));
      socket.on('close', () => {
        resolve(got);
      });
      socket.on('error', reject);
      socket.write(text);
    });
    expect(answer).toContain(reason);
    expect((await runCell(session, '1 + 1')).stdout).toBe('(int) 2\n');
    await kernels.close();
  });

  it('is only for its owner, as is the record with the token', async () => {
    const kernels = await testHosts();
    await kernels.open('cpp');
    const [record] = await readRecords(kernels.stateFolder);
    expect(statSync(path.dirname(record?.socket ?? '')).mode & 0o077).toBe(0);
    expect(statSync(path.join(kernels.stateFolder, 'hosts', `${String(record?.id)}.json`)).mode & 0o077).toBe(
      0,
    );
    await kernels.close();
  });
});
