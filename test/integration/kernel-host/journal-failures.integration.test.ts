import { appendFileSync, cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecords, type Record } from '../../../client/src/kernel-host/records.ts';
import type { Remains } from '../../../client/src/kernel-host/remains.ts';
import type { LaunchSpec } from '../../../client/src/kernel-host/launch-spec.ts';
import {
  begin,
  comeBack,
  followToEnd,
  lineNumbers,
  openKernel,
  untilPrinted,
  upTo,
} from '../../support/left-kernel.ts';
import { collect, runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

const never = new AbortController().signal;
const printing = 'for (int i = 0; i < 20; ++i) { printf("line %d\\n", i); fflush(stdout); }';

let kernels: TestHosts;
beforeEach(async () => {
  kernels = await testHosts();
});
afterEach(() => kernels.close());

async function onlyRecord(): Promise<Record> {
  const [record] = await readRecords(kernels.stateFolder);
  if (!record) throw new Error('no kernel host runs');
  return record;
}

/** What the only kernel of a notebook that is gone left behind. */
async function onlyRemains({ notebook }: LaunchSpec): Promise<Remains> {
  const [remains, ...others] = await kernels.hosts.remains(notebook);
  if (!remains || others.length > 0) throw new Error(`${String(others.length)} others remain`);
  return remains;
}

function hostsFile(...names: readonly string[]): string {
  return path.join(kernels.stateFolder, 'hosts', ...names);
}

describe('a full disk', () => {
  it.each([
    ['txt', '/dev/full'],
    // Reading from /dev/full never ends.
    ['jsonl', '/nonexistent/file'],
  ])('costs nothing but what is given back later, and one notice (%s)', async (kind, target) => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const { id } = await onlyRecord();
    for (const number of ['000002', '000003'])
      symlinkSync(target, hostsFile(`${id}.journal`, `${number}.${kind}`));
    const results = [];
    for (let cell = 0; cell < 4; cell += 1) results.push(await runCell(first, printing));
    expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    for (const { stdout } of results) expect(lineNumbers(stdout)).toEqual(upTo(20));
    const notices = results.map(({ events }) => events.filter((event) => event.kind === 'notice').length);
    expect(notices).toEqual([0, 1, 0, 0]);
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    const again = [];
    for (const execution of session.executions) again.push(await followToEnd(session, execution.id));
    expect(again.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(again.map(({ events }) => events[0]?.kind)).toEqual(['started', 'started', 'started', 'started']);
    expect(again.map(({ events }) => events.some((event) => event.kind === 'notice'))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([again[0], again[3]].map((each) => lineNumbers(each?.stdout ?? ''))).toEqual([upTo(20), upTo(20)]);
  });

  it('is no reason for a kernel to end when its notebook is renamed', async () => {
    const session = await kernels.open('cpp', { notebook: 'file:///a.ipynb' });
    const { id } = await onlyRecord();
    symlinkSync('/dev/full', hostsFile(`${id}.json.new`));
    await kernels.hosts.rename('file:///a.ipynb', 'file:///b.ipynb');
    expect((await runCell(session, 'int alive = 1; alive')).stdout).toBe('(int) 1\n');
  });
});

describe('what a kernel that is gone left behind', () => {
  it('is told after a kill, up to what it printed last', async () => {
    const spec = kernels.spec('cpp');
    const session = await openKernel(kernels.hosts, spec);
    const done = await runCell(session, printing);
    const begun = begin(session, `${printing} gSystem->Sleep(100000);`);
    const waiting = begin(session, 'int never = 1;');
    await untilPrinted(begun, 'line 19\n');
    process.kill((await onlyRecord()).pid, 'SIGKILL');
    await until(async () => (await kernels.hosts.list()).length === 0);
    const remains = await onlyRemains(spec);
    expect(remains.reason).toMatch(/killed/);
    expect(remains.executions.map(({ state }) => state)).toEqual(['done', 'running']);
    expect(remains.executions.some(({ id }) => id === waiting.id)).toBe(false);
    const [first, second] = await Promise.all(
      remains.executions.map(({ id }) => collect(remains.follow(id, never))),
    );
    expect([first?.status, first?.stdout]).toEqual(['ok', done.stdout]);
    expect(lineNumbers(second?.stdout ?? '')).toEqual(upTo(20));
    expect(second?.error?.message).toMatch(/The kernel is gone/);
    const [firstId = '', secondId = ''] = remains.executions.map(({ id }) => id);
    await remains.saved([firstId, 'of another kernel']);
    const rest = await onlyRemains(spec);
    expect(rest.executions.map(({ id }) => id)).toEqual([secondId]);
    await rest.saved(['of another kernel']);
    expect(await onlyRemains(spec)).toMatchObject({ executions: [{ id: secondId }] });
    await rest.saved([secondId]);
    expect(await kernels.hosts.remains(spec.notebook)).toEqual([]);
  });

  it('says that it ended because nobody used it', async () => {
    const spec = kernels.spec('cpp', { idleHours: 1 / 3600 });
    const session = await openKernel(kernels.hosts, spec);
    await runCell(session, printing);
    await session.detach();
    await until(async () => (await kernels.hosts.list()).length === 0);
    await until(async () => (await kernels.hosts.remains(spec.notebook)).length === 1);
    expect((await onlyRemains(spec)).reason).toMatch(
      /Nothing ran in it for .* hours, and no window was attached/,
    );
  });

  it('does not end for that while a cell runs or a window is attached', async () => {
    const spec = kernels.spec('cpp', { idleHours: 1 / 3600 });
    const session = await openKernel(kernels.hosts, spec);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const { id } = begin(session, `gSystem->Sleep(3000); ${printing}`);
    await session.detach();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const again = await comeBack(kernels.hosts, spec);
    expect(lineNumbers((await followToEnd(again, id)).stdout)).toEqual(upTo(20));
  });

  it('moves with its notebook', async () => {
    const spec = kernels.spec('cpp', { notebook: 'file:///fits/a.ipynb' });
    await runCell(await openKernel(kernels.hosts, spec), printing);
    process.kill((await onlyRecord()).pid, 'SIGKILL');
    await until(async () => (await kernels.hosts.list()).length === 0);
    await kernels.hosts.rename('file:///fits', 'file:///old');
    expect(await kernels.hosts.remains('file:///fits/a.ipynb')).toEqual([]);
    expect((await kernels.hosts.remains('file:///old/a.ipynb')).map(({ label }) => label)).toHaveLength(1);
  });

  it('is not that of a kernel which still runs', async () => {
    const spec = kernels.spec('cpp');
    await runCell(await openKernel(kernels.hosts, spec), printing);
    expect(await kernels.hosts.remains(spec.notebook)).toEqual([]);
  });
});

describe('versions of the extension', () => {
  it('a newer one attaches to a host that an older one left, and starts its own from a copy of its own', async () => {
    const spec = kernels.spec('cpp');
    const older = await openKernel(kernels.hosts, spec);
    await runCell(older, 'int kept = 5;');
    await older.detach();
    const bundle = path.join(kernels.stateFolder, 'newer');
    cpSync(path.resolve('client/dist/kernel-host'), bundle, { recursive: true });
    appendFileSync(path.join(bundle, 'main.cjs'), '\n// newer\n');
    const updated = kernels.window('an updated window', bundle);
    const session = await comeBack(updated, spec);
    expect((await runCell(session, 'kept')).stdout).toBe('(int) 5\n');
    const own = await openKernel(updated, kernels.spec('cpp'));
    expect((await runCell(own, 'int x = 1; x')).stdout).toBe('(int) 1\n');
    expect(readdirSync(path.join(kernels.stateFolder, 'programs'))).toHaveLength(2);
  });

  it('a host of another protocol is named as such, and none is started beside it', async () => {
    const spec = kernels.spec('cpp');
    const session = await openKernel(kernels.hosts, spec);
    await session.detach();
    const record = await onlyRecord();
    writeFileSync(hostsFile(`${record.id}.json`), JSON.stringify({ ...record, protocol: 99 }));
    expect(await kernels.hosts.attach(spec, false, never)).toMatchObject({ kind: 'otherVersion' });
    await expect(openKernel(kernels.hosts, spec)).rejects.toThrow(/started by another version of ROOTbook/);
    expect(await kernels.hosts.list()).toHaveLength(1);
  });

  it('a host tells a client of another protocol which one it speaks', async () => {
    await kernels.open('cpp');
    const { socket: file } = await onlyRecord();
    const socket = net.connect(file).setEncoding('utf8');
    socket.write(`${JSON.stringify({ frame: 'attach', protocol: 1, token: 'x' })}\n`);
    let answer = '';
    for await (const text of socket) answer += String(text);
    expect(JSON.parse(answer)).toEqual({ frame: 'refused', reason: 'the kernel host speaks protocol 2' });
  });
});

describe('a process that has the number of a host that ended', () => {
  it('is not taken for it', async () => {
    const spec = kernels.spec('cpp');
    await openKernel(kernels.hosts, spec);
    const record = await onlyRecord();
    const file = hostsFile('0123456789ab.json');
    writeFileSync(file, JSON.stringify({ ...record, id: '0123456789ab', pid: process.pid, born: '1' }));
    expect((await kernels.hosts.list()).map(({ id }) => id)).toEqual([record.id]);
    expect(() => readFileSync(file)).toThrow();
  });
});
