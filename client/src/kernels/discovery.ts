import { createHash } from 'node:crypto';
import { open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import {
  exists,
  expandHome,
  findPythonEnvironments,
  hasPackage,
  onPath,
  pythonEnvironment,
  type PythonEnvironment,
  type Surroundings,
} from './environments.ts';
import type { Installation } from './installation.ts';
import { findKernelspecs } from './kernelspecs.ts';
import { isView, setUpScript } from './set-up.ts';

/** A folder that may hold ROOT, and the Python that belongs to it. */
interface Candidate {
  readonly folder: string;
  readonly origin: Installation['origin'];
  readonly name: string;
  readonly environment: PythonEnvironment | undefined;
}

/**
 * Every ROOT on this machine, the one to prefer first, and after them the kernels of ROOT that Jupyter has. Reads files only:
 * nothing is started, so it is quick and safe in a folder that the user does not trust.
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
    Promise.resolve(around.views.map(fromView)),
  ]);
  const found = await Promise.all(
    groups.flat().map((each) => toInstallation(each, environments, around.home)),
  );
  const byRoot = new Map<string, Installation>();
  for (const each of found) {
    const before = each && byRoot.get(each.root);
    // The same ROOT may be met again with a Python that suits it.
    const isBetter = before?.python === undefined && each?.python !== undefined;
    if (each && (!before || isBetter)) byRoot.set(each.root, each);
  }
  const installations = [...byRoot.values()];
  return [...installations, ...(await findKernelspecs(around, environments, installations))];
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

function fromView(folder: string): Candidate {
  return { folder, origin: 'cvmfs', name: nameOfView(folder), environment: undefined };
}

/** `LCG_106 x86_64-el9-gcc13-opt`. */
function nameOfView(folder: string): string {
  return path.resolve(folder).split(path.sep).slice(-2).join(' ');
}

function nameOfRoot(folder: string): string {
  return ['/usr', '/usr/local'].includes(folder) ? 'system' : path.basename(folder);
}

async function toInstallation(
  candidate: Candidate,
  environments: readonly PythonEnvironment[],
  home: string,
): Promise<Installation | undefined> {
  const executable = path.join(candidate.folder, 'bin', 'root.exe');
  if (!(await exists(executable))) return undefined;
  const root = await realpath(candidate.folder);
  const own = isView(root) ? await pythonEnvironment(root, home) : undefined;
  const environment = candidate.environment ?? own ?? (await pythonFor(root, environments));
  const setup = candidate.origin === 'wheel' || root === '/usr' ? undefined : await setUpScript(root);
  return {
    id: createHash('sha256').update(root).digest('hex').slice(0, 12),
    origin: isView(root) || root.startsWith('/cvmfs/') ? 'cvmfs' : candidate.origin,
    version: (await versionOf(root)) ?? '',
    root,
    executable: path.join(root, 'bin', 'root.exe'),
    ...(environment ? { python: environment.python } : {}),
    ...(setup === undefined ? {} : { setup }),
    ipython: environment ? await hasPackage(environment, 'IPython') : false,
    ipykernel: environment ? await hasPackage(environment, 'ipykernel') : false,
    name: isView(root) ? nameOfView(root) : candidate.name,
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
