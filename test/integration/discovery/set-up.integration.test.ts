import { mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../client/src/base/errors.ts';
import { condaEnvironments } from '../../../client/src/kernels/conda.ts';
import { ViewFinder } from '../../../client/src/kernels/cvmfs.ts';
import { findInstallations } from '../../../client/src/kernels/discovery.ts';
import type { Installation } from '../../../client/src/kernels/installation.ts';
import { environmentOf } from '../../../client/src/kernels/set-up.ts';
import { runCell, testHosts, type TestHosts, testInstallation } from '../../support/real-kernel.ts';

let machine: string;
let real: Installation;
let hosts: TestHosts;

beforeAll(async () => {
  real = await testInstallation();
  hosts = await testHosts();
});
afterAll(() => hosts.close());
beforeEach(async () => (machine = await mkdtemp(path.join(os.tmpdir(), 'set-up-'))));
afterEach(() => rm(machine, { recursive: true, force: true }));

const { signal } = new AbortController();
const base = { HOME: os.homedir(), PATH: process.env['PATH'] ?? '', VSCODE_PID: '1' };

async function file(name: string, text = '', mode = 0o644): Promise<string> {
  const full = path.join(machine, name);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, text, { mode });
  return full;
}

async function link(target: string, name: string): Promise<void> {
  await mkdir(path.dirname(path.join(machine, name)), { recursive: true });
  await symlink(target, path.join(machine, name));
}

/** A folder in the layout of conda and of LCG, in which everything is the real thing. */
async function prefix(name: string): Promise<string> {
  const sitePackages = path.dirname(real.root);
  await link(real.executable, `${name}/bin/root.exe`);
  await link(real.python ?? '', `${name}/bin/python3`);
  await link(path.join(real.root, 'include'), `${name}/include`);
  await link(sitePackages, `${name}/lib/${path.basename(path.dirname(sitePackages))}/site-packages`);
  return path.join(machine, name);
}

/** What sets up the real ROOT, as the scripts of LCG do: by variables alone. */
function script(mark: string): string {
  return [
    'echo "setting up"',
    '[ "$SOME_UNSET_VARIABLE" = "x" ] && export NEVER=1',
    `export ROOTSYS=${real.root} PYTHONPATH=${path.dirname(real.root)}`,
    `export ROOTBOOK_MARK='${mark}'`,
    'unset ROOTBOOK_OLD',
    '',
  ].join('\n');
}

async function find(
  part: Partial<Parameters<typeof findInstallations>[0]>,
): Promise<readonly Installation[]> {
  const nowhere = { home: machine, environment: {}, folders: [], rootFolders: [], pythonEnvironments: [] };
  return findInstallations({ ...nowhere, knownPythons: [], condaEnvironments: [], views: [], ...part });
}

async function printed(flavour: 'cpp' | 'python', installation: Installation, code: string): Promise<string> {
  const environment = await environmentOf(installation, { ...process.env }, machine, signal);
  const session = await hosts.open(flavour, { installation, environment });
  try {
    return (await runCell(session, code, { language: flavour })).stdout;
  } finally {
    await session.shutDown();
  }
}

describe('the environment of a ROOT', () => {
  it('of an LCG view is that of its setup.sh, in both kernels', async () => {
    const view = await prefix('cvmfs/sft.cern.ch/lcg/views/LCG_106/x86_64-el9-gcc13-opt');
    await writeFile(path.join(view, 'setup.sh'), script('LCG 106'));
    const views = await new ViewFinder().find(path.join(machine, 'cvmfs'), 'x86_64-el9');
    const [found] = await find({ views });
    expect(found).toMatchObject({ origin: 'cvmfs', version: real.version, ipykernel: true });
    if (!found) return;
    expect(await printed('cpp', found, 'std::cout << gSystem->Getenv("ROOTBOOK_MARK");')).toBe('LCG 106');
    const python =
      'import os, ROOT; print(os.environ["ROOTBOOK_MARK"], ROOT.TH1F("h", "", 1, 0, 1).GetName())';
    expect(await printed('python', found, python)).toBe('LCG 106 h\n');
  }, 120_000);

  it('of a conda environment is that of its activation, with the variables that conda keeps for it', async () => {
    const conda = await prefix('conda/hep');
    await file('conda/hep/conda-meta/history');
    await file('conda/hep/conda-meta/state', JSON.stringify({ env_vars: { FROM_CONDA: 'a "b" $c' } }));
    await file('conda/hep/etc/conda/activate.d/root.sh', script('conda'));
    const found = await find({ environment: { CONDA_PREFIX: conda } });
    const itself = found.find(({ origin }) => origin === 'conda');
    expect(itself).toMatchObject({ name: 'hep', root: conda });
    if (!itself) return;
    expect(await environmentOf(itself, base, machine, signal)).toMatchObject({
      CONDA_PREFIX: conda,
      CONDA_DEFAULT_ENV: 'hep',
      PATH: `${conda}/bin:${base.PATH}`,
      ROOTBOOK_MARK: 'conda',
      FROM_CONDA: 'a "b" $c',
    });
  });

  it('of any other ROOT is that of its thisroot.sh', async () => {
    const root = await prefix('root');
    await file('root/bin/thisroot.sh', script('thisroot'));
    const [found] = await find({ rootFolders: [root] });
    expect(found).toMatchObject({ origin: 'setting', setup: path.join(root, 'bin/thisroot.sh') });
    if (!found) return;
    const environment = await environmentOf(found, { ...base, ROOTBOOK_OLD: '1' }, machine, signal);
    expect(environment).toMatchObject({ ROOTBOOK_MARK: 'thisroot', ROOTSYS: real.root });
    expect(Object.keys(environment)).not.toContain('ROOTBOOK_OLD');
    expect(Object.keys(environment)).not.toContain('VSCODE_PID');
    expect(Object.keys(environment)).not.toContain('NEVER');
  });

  it('is made once, until the script is newer or what it changed was changed by others', async () => {
    const root = await prefix('root');
    const log = path.join(machine, 'log');
    const thisroot = await file('root/bin/thisroot.sh', `echo run >> ${log}; export MARK="$MARK+"\n`);
    const [found] = await find({ rootFolders: [root] });
    if (!found) throw new Error('no ROOT was found');
    const mark = async (environment: Readonly<Record<string, string>>): Promise<string | undefined> =>
      (await environmentOf(found, { ...base, ...environment }, machine, signal))['MARK'];
    const runs = async (): Promise<number> => (await readFile(log, 'utf8')).split('run').length - 1;
    expect([await mark({}), await mark({ OTHER: '1' })]).toEqual(['+', '+']);
    expect(await runs()).toBe(1);
    expect(await mark({ MARK: 'x' })).toBe('x+');
    expect(await runs()).toBe(2);
    await utimes(thisroot, new Date(), new Date(Date.now() + 5000));
    expect(await mark({ MARK: 'x' })).toBe('x+');
    expect(await runs()).toBe(3);
    expect((await stat(path.join(machine, `${found.id}.json`))).mode & 0o077).toBe(0);
  });

  it('that cannot be made says so in the words of the script', async () => {
    const root = await prefix('root');
    await file('root/bin/thisroot.sh', 'echo "the disk is on fire" >&2; exit 3\n');
    const [found] = await find({ rootFolders: [root] });
    if (!found) throw new Error('no ROOT was found');
    const failure: unknown = await environmentOf(found, base, machine, signal).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).toMatch(/could not be set up by .*thisroot\.sh\.\nthe disk is on fire/);
  });

  it('does not wait for a script when the start is cancelled', async () => {
    const root = await prefix('root');
    await file('root/bin/thisroot.sh', 'sleep 1000\n');
    const [found] = await find({ rootFolders: [root] });
    const abort = new AbortController();
    const made = found && environmentOf(found, base, machine, abort.signal);
    abort.abort();
    await expect(made).rejects.toThrow(/abort/);
  });
});

describe('asking conda', () => {
  it('tells the environments of a conda that answers', async () => {
    await file(
      'bin/conda',
      '#!/bin/sh\n[ "$*" = "info --json" ] && echo \'{"envs": ["/a", "/b"]}\'\n',
      0o755,
    );
    const PATH = `${path.join(machine, 'bin')}:${base.PATH}`;
    expect(await condaEnvironments({ PATH })).toEqual(['/a', '/b']);
  });

  it('tells nothing where there is no conda, or a broken one', async () => {
    expect(await condaEnvironments({ PATH: '/nonexistent' })).toEqual([]);
    await file('bin/conda', '#!/bin/sh\necho oops\n', 0o755);
    expect(await condaEnvironments({ PATH: `${path.join(machine, 'bin')}:${base.PATH}` })).toEqual([]);
  });
});
