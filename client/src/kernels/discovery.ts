import { createHash } from 'node:crypto';
import { open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import {
  exists,
  expandHome,
  findPythonEnvironments,
  onPath,
  type PythonEnvironment,
  type Surroundings,
} from './environments.ts';
import type { Installation } from './installation.ts';

/** A folder that may hold ROOT, and the Python that belongs to it. */
interface Candidate {
  readonly folder: string;
  readonly origin: Installation['origin'];
  readonly name: string;
  readonly environment: PythonEnvironment | undefined;
}

/**
 * Every ROOT on this machine, the one to prefer first. Reads files only: nothing is started, so it is quick and safe
 * in a folder that the user does not trust.
 *
 * A wheel's own `root-config` has wrong paths and its `bin/root` is a slow Python launcher, so neither is asked.
 */
export async function findInstallations(around: Surroundings): Promise<readonly Installation[]> {
  const environments = await findPythonEnvironments(around);
  const groups = await Promise.all([
    Promise.resolve(around.rootFolders.map((folder) => fromSetting(folder, around.home))),
    fromEnvironments(environments),
    fromVariables(around),
    fromPath(around),
    Promise.resolve(usualPlaces(around.home)),
  ]);
  const found = await Promise.all(groups.flat().map((each) => toInstallation(each, environments)));
  const byRoot = new Map<string, Installation>();
  for (const each of found) {
    // The same ROOT may be met again with a Python that suits it.
    if (each && (byRoot.get(each.root)?.python === undefined || !byRoot.has(each.root))) {
      byRoot.set(each.root, each);
    }
  }
  return [...byRoot.values()];
}

/**
 * The environment of a kernel: that of the editor without what is the editor's own, with what `thisroot.sh` or the
 * environment's `activate` would set.
 *
 * Source: https://github.com/root-project/root/blob/master/config/thisroot.sh
 */
export function variablesOf(
  { root, origin, python }: Installation,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const own = /^(VSCODE_|ELECTRON_|APPLICATION_INSIGHTS|NODE_OPTIONS$)/;
  const inherited = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || own.test(name) ? [] : [[name, value] as const],
  );
  const before = (first: string, name: string): string =>
    [first, environment[name]].filter((each) => each !== undefined && each !== '').join(path.delimiter);
  const added: Record<string, string> = {};
  if (origin === 'wheel' || origin === 'conda') {
    if (python !== undefined) added['PATH'] = before(path.dirname(python), 'PATH');
  } else if (root !== '/usr') {
    const lib = path.join(root, 'lib');
    added['ROOTSYS'] = root;
    added['PATH'] = before(path.join(root, 'bin'), 'PATH');
    added['LD_LIBRARY_PATH'] = before(lib, 'LD_LIBRARY_PATH');
    added['PYTHONPATH'] = before(lib, 'PYTHONPATH');
  }
  return { ...Object.fromEntries(inherited), ...added };
}

/** `6.40.00` from ROOT's version header, new or old. */
export function parseVersion(header: string): string | undefined {
  const part = (name: string): string | undefined =>
    new RegExp(`#define\\s+ROOT_VERSION_${name}\\s+(\\d+)`).exec(header)?.[1];
  const [major, minor, patch] = [part('MAJOR'), part('MINOR'), part('PATCH')];
  if (major !== undefined && minor !== undefined && patch !== undefined) {
    return `${major}.${minor.padStart(2, '0')}.${patch.padStart(2, '0')}`;
  }
  return /#define\s+ROOT_RELEASE\s+"(\d+\.\d+)\/(\d+)/.exec(header)?.slice(1).join('.');
}

function fromSetting(folder: string, home: string): Candidate {
  const expanded = expandHome(folder, home);
  const inBin = /(^|\/)bin(\/(thisroot\.\w+|root(\.exe)?))?\/?$/.exec(expanded);
  const root = inBin ? expanded.slice(0, inBin.index + 1) : expanded;
  return { folder: root, origin: 'setting', name: path.basename(path.resolve(root)), environment: undefined };
}

async function fromEnvironments(environments: readonly PythonEnvironment[]): Promise<readonly Candidate[]> {
  const found = await Promise.all(
    environments.map(async (environment): Promise<readonly Candidate[]> => {
      const { name, prefix, sitePackages } = environment;
      const wheels = sitePackages.map((folder): Candidate => {
        return { folder: path.join(folder, 'ROOT'), origin: 'wheel', name, environment };
      });
      const isConda = await exists(path.join(prefix, 'conda-meta'));
      return isConda ? [...wheels, { folder: prefix, origin: 'conda', name, environment }] : wheels;
    }),
  );
  return found.flat();
}

function fromVariables({ environment }: Surroundings): Promise<readonly Candidate[]> {
  const root = environment['ROOTSYS'];
  if (root === undefined || root === '') return Promise.resolve([]);
  return Promise.resolve([
    { folder: root, origin: 'thisroot', name: path.basename(path.resolve(root)), environment: undefined },
  ]);
}

async function fromPath(around: Surroundings): Promise<readonly Candidate[]> {
  const files = (
    await Promise.all(['root.exe', 'root'].map((name) => onPath(name, around.environment)))
  ).flat();
  const folders = await Promise.all(
    files.map(async (file): Promise<readonly Candidate[]> => {
      // The wheel's launcher lives in an environment's `bin`; that environment was looked at already.
      if (await isScript(file)) return [];
      const folder = path.dirname(path.dirname(await realpath(file)));
      return [{ folder, origin: 'path', name: nameOfRoot(folder), environment: undefined }];
    }),
  );
  return folders.flat();
}

function usualPlaces(home: string): readonly Candidate[] {
  const folders = [
    '/opt/root',
    '/usr/local/root',
    path.join(home, 'root'),
    '/snap/root-framework/current/usr/local',
  ];
  return folders.map((folder) => ({
    folder,
    origin: 'path',
    name: nameOfRoot(folder),
    environment: undefined,
  }));
}

function nameOfRoot(folder: string): string {
  return ['/usr', '/usr/local'].includes(folder) ? 'system' : path.basename(folder);
}

async function toInstallation(
  candidate: Candidate,
  environments: readonly PythonEnvironment[],
): Promise<Installation | undefined> {
  const executable = path.join(candidate.folder, 'bin', 'root.exe');
  if (!(await exists(executable))) return undefined;
  const root = await realpath(candidate.folder);
  const environment = candidate.environment ?? (await pythonFor(root, environments));
  return {
    id: createHash('sha256').update(root).digest('hex').slice(0, 12),
    origin: root.startsWith('/cvmfs/') ? 'cvmfs' : candidate.origin,
    version: (await versionOf(root)) ?? '',
    root,
    executable: path.join(root, 'bin', 'root.exe'),
    ...(environment ? { python: environment.python } : {}),
    ipykernel: environment ? await hasPackage(environment, 'ipykernel') : false,
    name: candidate.name,
  };
}

/** For a ROOT that brings its Python modules in `lib`: the first Python that can run a kernel, else the first. */
async function pythonFor(
  root: string,
  environments: readonly PythonEnvironment[],
): Promise<PythonEnvironment | undefined> {
  if (!(await exists(path.join(root, 'lib', 'ROOT', '__init__.py')))) return undefined;
  const suits = await Promise.all(environments.map((each) => hasPackage(each, 'ipykernel')));
  return environments[suits.indexOf(true)] ?? environments[0];
}

async function hasPackage({ sitePackages }: PythonEnvironment, name: string): Promise<boolean> {
  const hits = await Promise.all(
    sitePackages.map((folder) => exists(path.join(folder, name, '__init__.py'))),
  );
  return hits.includes(true);
}

async function versionOf(root: string): Promise<string | undefined> {
  const headers = ['include/ROOT/RVersion.hxx', 'include/root/ROOT/RVersion.hxx', 'include/RVersion.h'];
  for (const header of [...headers, 'include/root/RVersion.h']) {
    const version = parseVersion(await readFile(path.join(root, header), 'utf8').catch(() => ''));
    if (version !== undefined) return version;
  }
  return undefined;
}

async function isScript(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return false;
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1') === '#!';
  } finally {
    await handle.close();
  }
}
