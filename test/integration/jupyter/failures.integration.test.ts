import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../client/src/base/errors.ts';
import { errorOf, type KernelOptions, only, python, startTestKernel, type TestKernel } from './kernel.ts';

let folder: string;
const kernels: TestKernel[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'rk-'));
});

afterEach(async () => {
  for (const kernel of kernels.splice(0)) await kernel.stop();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function start(options?: KernelOptions): Promise<TestKernel> {
  const kernel = await startTestKernel(options);
  kernels.push(kernel);
  return kernel;
}

/** Processes of a session, by name. */
async function sessionOf(pid: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [, name, fields] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    if (name !== undefined && fields?.split(' ')[3] === pid && !fields.startsWith('Z')) names.push(name);
  }
  return names;
}

async function emptied(pid: string): Promise<void> {
  await expect.poll(() => sessionOf(pid), { timeout: 10_000, interval: 20 }).toEqual([]);
}

describe('a kernel that dies in mid-cell', () => {
  it.each([
    ['is killed', 'import os, signal; print("before"); os.kill(os.getpid(), signal.SIGKILL)', /SIGKILL/],
    ['leaves', 'import os; print("before"); os._exit(3)', /exit code 3/],
    ['crashes', 'import ctypes; print("before"); ctypes.string_at(0)', /SIGSEGV[\s\S]*string_at/],
  ])('because it %s fails the cell, says so, and keeps what was printed', async (_, code, reason) => {
    const kernel = await start();
    const death = new Promise<string>((resolve) => (kernel.backend.onDeath = resolve));
    const { reply, emissions, stdout } = await kernel.python(code);
    expect(reply.status).toBe('error');
    expect(stdout).toBe('before\n');
    expect(errorOf(emissions)).toMatchObject({
      ename: 'KernelDied',
      evalue: expect.stringMatching(reason) as string,
    });
    expect(await death).toMatch(/^The Python kernel died/);
    expect((await kernel.python('1')).reply.status).toBe('error');
  });
});

it('a crash in C++ names the line of the cell, not the threads of the kernel', async () => {
  const kernel = await start();
  const declare = 'ROOT.gInterpreter.Declare("void crash() { int *p = nullptr; *p = 1; }")';
  await kernel.python(`import ROOT\n${declare}`);
  const { emissions, stdout, stderr } = await kernel.python('print("before")\n\nROOT.crash()');
  expect(stdout).toBe('before\n');
  expect(stderr).toBe('');
  expect(errorOf(emissions)).toMatchObject({
    ename: 'KernelDied',
    evalue: expect.stringMatching(/SIGSEGV[\s\S]*line 3 in <module>/) as string,
  });
});

describe('a kernel that does not start', () => {
  it.each([
    [
      'ipykernel is missing',
      'echo "/usr/bin/python3: No module named ipykernel_launcher" >&2; exit 1',
      /pip install ipykernel/,
    ],
    ['its start dies', 'echo "something odd" >&2; kill -9 $$', /SIGKILL[\s\S]*something odd/],
  ])('because %s says why, in its own words', async (_, script, said) => {
    const fake = path.join(folder, 'python');
    await writeFile(fake, `#!/bin/sh\n${script}\n`);
    await chmod(fake, 0o755);
    const failure = await startTestKernel({ python: fake }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).toMatch(said);
  });

  it('because a real Python has no ipykernel names the remedy', async () => {
    const bare = path.join(folder, 'venv');
    await promisify(execFile)(python, ['-m', 'venv', '--without-pip', bare]);
    const failure = await startTestKernel({ python: path.join(bare, 'bin/python') }).then(() => '', String);
    expect(failure).toMatch(/pip install ipykernel[\s\S]*No module named/);
  });

  it('because its Python is gone says so', async () => {
    expect(await startTestKernel({ python: '/nowhere/python' }).then(() => '', String)).toMatch(
      /does not exist any more/,
    );
  });
});

it('a kernel that cannot use socket files is started on ports of this machine only', async () => {
  const wrapper = path.join(folder, 'no-ipc');
  const refuse = 'grep -q \'"transport":"ipc"\' "$4" && { echo "ipc: Protocol not supported" >&2; exit 1; }';
  await writeFile(wrapper, `#!/bin/sh\n${refuse}\nexec ${python} "$@"\n`);
  await chmod(wrapper, 0o755);
  const kernel = await start({ python: wrapper });
  expect((await kernel.python('print(1)')).stdout).toBe('1\n');
  expect(kernel.lines.join('\n')).toContain('starting again, after ipc failed');
});

describe('what cannot be repaired', () => {
  it('an agent that does not load gives one notice, and Python runs', async () => {
    const broken = path.join(folder, 'agent');
    await promisify(execFile)('mkdir', ['-p', broken]);
    await writeFile(path.join(broken, 'rootbook_agent.py'), 'raise RuntimeError("no such internals")\n');
    const kernel = await start({ agentFolder: broken });
    const { emissions } = await kernel.python('1 + 1');
    expect(only(emissions, 'rootbook_notice').content).toEqual({
      text: expect.stringContaining('no such internals') as string,
      action: null,
    });
    expect(only(emissions, 'execute_result').content['data']).toEqual({ 'text/plain': '2' });
    expect((await kernel.python('2')).emissions.map(({ type }) => type)).toEqual(['execute_result']);
  });

  it('a ROOT that cannot be imported fails C++ cells in its own words, and Python runs', async () => {
    await writeFile(
      path.join(folder, 'ROOT.py'),
      'raise ImportError("libCore.so: cannot open shared object file")\n',
    );
    const kernel = await start({ environment: { PYTHONPATH: folder } });
    expect(errorOf((await kernel.cpp('int x;')).emissions)).toMatchObject({
      ename: 'ImportError',
      evalue: 'libCore.so: cannot open shared object file',
    });
    expect((await kernel.python('print(1)')).stdout).toBe('1\n');
  });
});

describe('an interrupt', () => {
  it('stops Python at its next line, and the next cell runs', async () => {
    const kernel = await start();
    const { emissions } = await kernel.python('print("on")\nwhile True: pass', ({ type }) => {
      if (type === 'stream') kernel.backend.interrupt();
    });
    expect(errorOf(emissions)['ename']).toBe('KeyboardInterrupt');
    expect((await kernel.python('print(2)')).stdout).toBe('2\n');
  });

  it('that comes before the kernel has begun with the cell is not lost', async () => {
    const kernel = await start();
    const cell = kernel.python('while True: pass');
    kernel.backend.interrupt();
    expect(errorOf((await cell).emissions)['ename']).toBe('KeyboardInterrupt');
  });

  it('stops programs that the cell started', async () => {
    const kernel = await start();
    const { emissions } = await kernel.python(
      'import subprocess; print("on")\nsubprocess.run(["sleep", "1000"])',
      ({ type }) => {
        if (type === 'stream') kernel.backend.interrupt();
      },
    );
    expect(errorOf(emissions)['ename']).toBe('KeyboardInterrupt');
  });

  it('between cells does nothing', async () => {
    const kernel = await start();
    await kernel.python('1');
    kernel.backend.interrupt();
    expect((await kernel.python('print(3)')).stdout).toBe('3\n');
  });
});

describe('nothing is left behind', () => {
  it('when a kernel is closed while it runs a cell and a program', async () => {
    const kernel = await start();
    const { stdout } = await kernel.python(
      'import os, subprocess; p = subprocess.Popen(["sleep", "1000"]); print(os.getpid())',
    );
    const cell = kernel.python('while True: pass');
    await kernel.backend.close();
    expect((await cell).reply.status).toBe('error');
    await emptied(stdout.trim());
    expect(await readdir(kernel.folder)).toEqual([]);
  });

  it('when a throttled kernel is closed', async () => {
    const kernel = await start();
    const { stdout } = await kernel.python('import os; print(os.getpid())');
    kernel.backend.throttle?.(true);
    await kernel.backend.close();
    await emptied(stdout.trim());
  });

  it.each(['idle', 'python', 'lock'])('when the host is killed while its kernel is %s', async (mode) => {
    const program = path.resolve(import.meta.dirname, '../../../node_modules/.cache/rootbook-test/host.mjs');
    await build({
      entryPoints: [path.join(import.meta.dirname, 'host-process.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
      outfile: program,
    });
    const host = spawn(process.execPath, [program, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(host.stdout, 'data')) as [Buffer];
    const pid = said.toString().trim();
    expect((await sessionOf(pid)).length).toBeGreaterThanOrEqual(3);
    host.kill('SIGKILL');
    await emptied(pid);
  });
});

it('a kernel that was stopped for a slow client goes on where it was', async () => {
  const kernel = await start();
  const cell = kernel.python('for i in range(20000): print(i)', () => {
    kernel.backend.throttle?.(true);
    kernel.backend.throttle?.(false);
  });
  expect((await cell).stdout.split('\n').length).toBe(20_001);
});
