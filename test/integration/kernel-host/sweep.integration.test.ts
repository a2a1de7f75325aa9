import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketFolder } from '../../../client/src/kernel-host/records.ts';
import { sweep } from '../../../client/src/kernel-host/sweep.ts';
import { openKernel } from '../../support/left-kernel.ts';
import { runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

const day = 24 * 3600;

describe('what kernels leave behind', () => {
  let kernels: TestHosts;
  beforeEach(async () => {
    kernels = await testHosts();
  });
  afterEach(() => kernels.close());

  function age(days: number, ...names: readonly string[]): string {
    const file = path.join(kernels.stateFolder, ...names);
    const then = Date.now() / 1000 - days * day;
    for (const each of statSync(file).isDirectory() ? readdirSync(file) : [])
      utimesSync(path.join(file, each), then, then);
    utimesSync(file, then, then);
    return file;
  }

  it('is swept when it is of no use: sockets, records, logs, old journals, outputs and programs', async () => {
    const spec = kernels.spec('cpp');
    await runCell(await openKernel(kernels.hosts, spec), 'printf("kept\\n");');
    const [host] = await kernels.hosts.list();
    const { id = '', pid = 0 } = host ?? {};
    const sockets = await socketFolder();
    const ofHost = (): readonly string[] =>
      readdirSync(sockets).filter((name) => name.startsWith(`${String(pid)}-`));
    expect(ofHost()).toHaveLength(1);
    process.kill(pid, 'SIGKILL');
    await until(async () => (await kernels.hosts.list()).length === 0);
    const { stateFolder } = kernels;
    mkdirSync(path.join(stateFolder, 'outputs'), { recursive: true });
    for (const name of ['old', 'new']) {
      writeFileSync(path.join(stateFolder, 'outputs', `${name}-000001.txt`), 'text');
      mkdirSync(path.join(stateFolder, 'programs', name));
    }
    const old = [
      age(91, 'outputs', 'old-000001.txt'),
      age(2, 'programs', 'old'),
      age(2, 'hosts', `${id}.log`),
    ];
    await sweep(stateFolder);
    expect(ofHost()).toEqual([]);
    expect(old.filter((file) => existsSync(file))).toEqual([]);
    expect(readdirSync(path.join(stateFolder, 'outputs'))).toEqual(['new-000001.txt']);
    expect(readdirSync(path.join(stateFolder, 'programs'))).toHaveLength(2);
    expect(await kernels.hosts.remains(spec.notebook)).toHaveLength(1);
    age(31, 'hosts', `${id}.journal`);
    await sweep(stateFolder);
    expect(readdirSync(path.join(stateFolder, 'hosts'))).toEqual([]);
  });

  it('is left alone while its kernel runs, however old it is', async () => {
    const spec = kernels.spec('cpp');
    const session = await openKernel(kernels.hosts, spec);
    await runCell(session, 'printf("kept\\n");');
    const [host] = await kernels.hosts.list();
    const { id = '' } = host ?? {};
    const [program = ''] = readdirSync(path.join(kernels.stateFolder, 'programs'));
    const all = [
      age(400, 'hosts', `${id}.journal`),
      age(400, 'hosts', `${id}.log`),
      age(400, 'programs', program),
    ];
    await sweep(kernels.stateFolder);
    expect(all.filter((file) => !existsSync(file))).toEqual([]);
    expect((await runCell(session, 'int x = 2; x')).stdout).toBe('(int) 2\n');
  });
});
