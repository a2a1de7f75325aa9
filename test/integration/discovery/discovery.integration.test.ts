import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInstallations, parseVersion } from '../../../client/src/kernels/discovery.ts';
import type { Surroundings } from '../../../client/src/kernels/environments.ts';
import { Installation } from '../../../client/src/kernels/installation.ts';
import { environmentOf } from '../../../client/src/kernels/set-up.ts';

const newHeader =
  '#define ROOT_VERSION_MAJOR 6\n#define ROOT_VERSION_MINOR 40\n#define ROOT_VERSION_PATCH 0 // x\n';

let machine: string;
beforeEach(async () => (machine = await mkdtemp(path.join(os.tmpdir(), 'discovery-'))));
afterEach(() => rm(machine, { recursive: true, force: true }));

function around(part: Partial<Surroundings> = {}): Surroundings {
  const nothing = { folders: [], rootFolders: [], pythonEnvironments: [], knownPythons: [] };
  const none = { ...nothing, condaEnvironments: [], views: [] };
  return { home: path.join(machine, 'home'), environment: {}, ...none, ...part };
}

async function file(name: string, text = ''): Promise<string> {
  const full = path.join(machine, name);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, text);
  return full;
}

async function wheel(prefix: string, packages: readonly string[] = []): Promise<void> {
  await file(`${prefix}/bin/python3`);
  await file(`${prefix}/pyvenv.cfg`);
  const site = `${prefix}/lib/python3.11/site-packages`;
  await file(`${site}/ROOT/bin/root.exe`);
  await file(`${site}/ROOT/include/ROOT/RVersion.hxx`, newHeader);
  for (const name of packages) await file(`${site}/${name}/__init__.py`);
}

async function tarball(root: string): Promise<void> {
  await file(`${root}/bin/root.exe`);
  await file(`${root}/include/RVersion.h`, '#define ROOT_RELEASE "6.28/04"\n');
  await file(`${root}/lib/ROOT/__init__.py`);
}

describe('finding ROOT', () => {
  it('finds nothing on a machine without ROOT', async () => {
    expect(await findInstallations(around())).toEqual([]);
  });

  it('finds a wheel in a virtual environment of the workspace, with its version and whether it has IPython and ipykernel', async () => {
    await wheel('project/.venv', ['IPython']);
    const [found, ...others] = await findInstallations(around({ folders: [path.join(machine, 'project')] }));
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      origin: 'wheel',
      version: '6.40.00',
      name: 'project/.venv',
      python: path.join(machine, 'project/.venv/bin/python3'),
      ipython: true,
      ipykernel: false,
    });
    expect(found?.executable).toMatch(/site-packages\/ROOT\/bin\/root\.exe$/);
    expect(Installation.parse(found)).toEqual(found);
  });

  it.each([
    ['VIRTUAL_ENV', 'somewhere/e', { VIRTUAL_ENV: 'somewhere/e' }],
    ['pyenv', 'home/.pyenv/versions/3.12.1', {}],
    ['virtualenvwrapper', 'home/.virtualenvs/analysis', {}],
    ['a conda folder', 'home/miniforge3/envs/hep', {}],
    ['the PATH', 'opt/py', { PATH: 'opt/py/bin' }],
  ])('finds a wheel through %s', async (_, prefix, variables) => {
    await wheel(prefix);
    const environment = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, path.join(machine, value)]),
    );
    const found = await findInstallations(around({ environment }));
    expect(found.map(({ python }) => python)).toEqual([path.join(machine, prefix, 'bin/python3')]);
  });

  it('finds the environment that a setting names, by its folder or by its Python', async () => {
    await wheel('elsewhere/x');
    for (const name of ['elsewhere/x', 'elsewhere/x/bin/python3', 'elsewhere/x/bin']) {
      const found = await findInstallations(around({ pythonEnvironments: [path.join(machine, name)] }));
      expect(found).toHaveLength(1);
    }
  });

  it('puts the selected interpreter before what merely lies around, each ROOT once', async () => {
    await wheel('project/.venv');
    await wheel('chosen');
    await symlink(path.join(machine, 'chosen'), path.join(machine, 'same'));
    const found = await findInstallations(
      around({
        folders: [path.join(machine, 'project')],
        knownPythons: [path.join(machine, 'chosen/bin/python3'), path.join(machine, 'same/bin/python3')],
      }),
    );
    expect(found.map(({ name }) => name)).toEqual(['chosen', 'project/.venv']);
  });

  it("reads conda's own list of environments and takes a conda ROOT from the prefix", async () => {
    await file('conda/hep/bin/python3');
    await file('conda/hep/conda-meta/history');
    await file('conda/hep/lib/python3.12/site-packages/ROOT/__init__.py');
    await file('conda/hep/bin/root.exe');
    await file('conda/hep/include/ROOT/RVersion.hxx', newHeader);
    await file('home/.conda/environments.txt', `${path.join(machine, 'conda/hep')}\n/not/there\n`);
    const found = await findInstallations(around());
    expect(found).toMatchObject([{ origin: 'conda', name: 'hep', version: '6.40.00' }]);
  });

  it('finds an environment that only conda knows', async () => {
    await wheel('data/envs/hep');
    const found = await findInstallations(
      around({ condaEnvironments: [path.join(machine, 'data/envs/hep'), '/not/there'] }),
    );
    expect(found).toMatchObject([{ origin: 'wheel', name: 'hep' }]);
  });

  it('takes an LCG view with its own Python and its set-up, however it was named', async () => {
    const view = 'cvmfs/sft.cern.ch/lcg/views/LCG_106/x86_64-el9-gcc13-opt';
    await tarball(view);
    await file(`${view}/setup.sh`);
    await file(`${view}/bin/thisroot.sh`);
    await file(`${view}/bin/python3`);
    await file(`${view}/lib/python3.11/site-packages/ipykernel/__init__.py`);
    const folder = path.join(machine, view);
    for (const way of [
      { views: [folder] },
      { rootFolders: [folder] },
      { environment: { ROOTSYS: folder } },
    ]) {
      expect(await findInstallations(around(way))).toMatchObject([
        {
          origin: 'cvmfs',
          name: 'LCG_106 x86_64-el9-gcc13-opt',
          python: path.join(folder, 'bin/python3'),
          ipykernel: true,
          setup: path.join(folder, 'setup.sh'),
        },
      ]);
    }
  });

  it('takes ROOTSYS with the first Python that has ipykernel, and sets what its thisroot.sh, which is lost, would set', async () => {
    await tarball('opt/root-6.28');
    await wheel('plain');
    await rm(path.join(machine, 'plain/lib/python3.11/site-packages/ROOT'), { recursive: true });
    await file('kernels/bin/python3');
    await file('kernels/pyvenv.cfg');
    await file('kernels/lib/python3.11/site-packages/ipykernel/__init__.py');
    const environment = { ROOTSYS: path.join(machine, 'opt/root-6.28'), LD_LIBRARY_PATH: '/x' };
    const pythonEnvironments = ['plain', 'kernels'].map((name) => path.join(machine, name));
    const found = await findInstallations(around({ environment, pythonEnvironments }));
    expect(found).toMatchObject([
      {
        origin: 'thisroot',
        version: '6.28.04',
        python: path.join(machine, 'kernels/bin/python3'),
        ipykernel: true,
      },
    ]);
    const lib = path.join(found[0]?.root ?? '', 'lib');
    const { signal } = new AbortController();
    expect(found[0] && (await environmentOf(found[0], environment, machine, signal))).toMatchObject({
      LD_LIBRARY_PATH: `${lib}:/x`,
      PYTHONPATH: lib,
    });
  });

  it("follows the links of a root on the PATH, and knows the wheel's launcher from the real one", async () => {
    await tarball('opt/root');
    await mkdir(path.join(machine, 'links'));
    await symlink(path.join(machine, 'opt/root/bin/root.exe'), path.join(machine, 'links/root.exe'));
    await file('launcher/bin/root', '#!/usr/bin/python3\n');
    const PATH = [path.join(machine, 'launcher/bin'), path.join(machine, 'links')].join(':');
    const found = await findInstallations(around({ environment: { PATH } }));
    expect(found).toMatchObject([{ origin: 'path', name: 'root' }]);
  });

  it.each(['', '/', '/bin', '/bin/thisroot.sh'])(
    'understands the setting rootFolders with "%s" at its end',
    async (end) => {
      await tarball('r');
      const found = await findInstallations(around({ rootFolders: [path.join(machine, 'r') + end] }));
      expect(found).toMatchObject([{ origin: 'setting', name: 'r' }]);
    },
  );

  it('gives the same ROOT the same id each time', async () => {
    await tarball('r');
    const find = (): Promise<readonly Installation[]> =>
      findInstallations(around({ rootFolders: [path.join(machine, 'r')] }));
    expect((await find())[0]?.id).toBe((await find())[0]?.id);
  });

  it('finds kernels of ROOT that are installed for Jupyter, each once, with what they lack', async () => {
    await wheel('hep', ['ipykernel']);
    const python = path.join(machine, 'hep/bin/python3');
    const spec = {
      language: 'c++',
      display_name: 'ROOT C++',
      argv: ['python3.11', '-m', 'ROOT._jupyroot.kernel.rootkernel'],
    };
    const own = 'hep/lib/python3.11/site-packages/ROOT/etc/notebook/kernels/root/kernel.json';
    await file(own, JSON.stringify(spec));
    await file('home/.local/share/jupyter/kernels/root/kernel.json', JSON.stringify(spec));
    const there = around({ pythonEnvironments: [path.join(machine, 'hep')] });
    const [, stock, ...others] = await findInstallations(there);
    expect(others).toEqual([]);
    expect(stock).toMatchObject({
      version: '6.40.00',
      name: 'hep',
      kernelspec: {
        language: 'cpp',
        missing: ['metakernel'],
        argv: [python, '-m', 'ROOT._jupyroot.kernel.rootkernel'],
      },
    });
    expect(Installation.parse(stock)).toEqual(stock);
    await file('hep/lib/python3.11/site-packages/metakernel/__init__.py');
    expect((await findInstallations(there))[1]?.kernelspec?.missing).toEqual([]);
  });

  it('takes of the Python kernels of Jupyter those that say that they are for ROOT', async () => {
    const plain = ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
    const kernels = 'data/jupyter/kernels';
    const json = (name: string, env = {}, argv = plain): Promise<string> =>
      file(
        `${kernels}/${name}/kernel.json`,
        JSON.stringify({ language: 'python', display_name: name, argv, env }),
      );
    await json('python3');
    await json('julia', { SOME: 'thing' }, ['/bin/julia']);
    await json('analysis', { ROOTSYS: '/opt/root', PYTHONPATH: '/opt/root/lib:${PYTHONPATH}' }, [
      '/bin/sh',
      ...plain.slice(1),
    ]);
    await file(`${kernels}/broken/kernel.json`, '{');
    const environment = { JUPYTER_PATH: path.join(machine, 'data/jupyter'), PYTHONPATH: '/mine' };
    const found = await findInstallations(around({ environment }));
    expect(found).toMatchObject([
      { origin: 'kernelspec', name: 'analysis', kernelspec: { language: 'python', missing: [] } },
    ]);
    const { signal } = new AbortController();
    expect(found[0] && (await environmentOf(found[0], environment, machine, signal))).toMatchObject({
      ROOTSYS: '/opt/root',
      PYTHONPATH: '/opt/root/lib:/mine',
    });
  });

  it('does not take an unreadable header for a version', () => {
    expect(parseVersion('nothing here')).toBeUndefined();
  });
});

describe('finding ROOT on this machine', () => {
  it('finds the real wheel of the development environment', async () => {
    const prefix = path.join(os.homedir(), '.cache/rootbook-dev/python');
    const found = await findInstallations(
      around({ home: os.homedir(), environment: process.env, pythonEnvironments: [prefix] }),
    );
    expect(found[0]).toMatchObject({
      origin: 'wheel',
      ipykernel: true,
      python: path.join(prefix, 'bin/python3'),
    });
    expect(found[0]?.version).toMatch(/^6\.\d\d\.\d\d$/);
  });
});
