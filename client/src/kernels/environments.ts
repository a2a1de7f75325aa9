import { access, readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** What discovery knows of this machine and its user; given, so that tests can make up another one. */
export interface Surroundings {
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Open folders of the workspace, absolute. */
  readonly folders: readonly string[];
  /** Setting `rootbook.kernel.rootFolders`. */
  readonly rootFolders: readonly string[];
  /** Setting `rootbook.kernel.pythonEnvironments`: environment folders or Python executables. */
  readonly pythonEnvironments: readonly string[];
  /** Interpreters that the Python extension has selected or knows; the selected one first. */
  readonly knownPythons: readonly string[];
  /** Prefixes of environments that conda told of. */
  readonly condaEnvironments: readonly string[];
  /** Folders of LCG views, the newest first. */
  readonly views: readonly string[];
}

/** A Python environment, found by its files alone. */
export interface PythonEnvironment {
  /** The folder that holds `bin/python3`, not resolved: resolving a virtual environment's Python leaves it. */
  readonly prefix: string;
  readonly python: string;
  /** Existing folders that `import` searches for installed packages, in its order. */
  readonly sitePackages: readonly string[];
  readonly name: string;
}

/** Every Python environment in the order in which its ROOT should be offered, each once. */
export async function findPythonEnvironments(around: Surroundings): Promise<readonly PythonEnvironment[]> {
  const prefixes = (await Promise.all(placesToLook(around))).flat();
  const found = await Promise.all(prefixes.map((prefix) => toEnvironment(prefix, around.home)));
  const byRealPrefix = new Map<string, PythonEnvironment>();
  for (const each of found) {
    if (each && !byRealPrefix.has(each.real)) byRealPrefix.set(each.real, each.environment);
  }
  return [...byRealPrefix.values()];
}

/** The Python environment with this prefix, if there is one. */
export async function pythonEnvironment(
  prefix: string,
  home: string,
): Promise<PythonEnvironment | undefined> {
  const python = path.join(prefix, 'bin', 'python3');
  if (!(await exists(python))) return undefined;
  const sitePackages = await sitePackagesOf(prefix, home);
  return sitePackages.length === 0 ? undefined : { prefix, python, sitePackages, name: nameOf(prefix) };
}

/** Folders on the PATH that hold a file of this name, first hit first. */
export async function onPath(
  name: string,
  environment: Surroundings['environment'],
): Promise<readonly string[]> {
  const folders = (environment['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  const hits = await Promise.all(
    folders.map(async (folder) => ((await exists(path.join(folder, name))) ? [path.join(folder, name)] : [])),
  );
  return [...new Set(hits.flat())];
}

/** Whether a package can be imported in an environment. */
export async function hasPackage({ sitePackages }: PythonEnvironment, name: string): Promise<boolean> {
  const hits = await Promise.all(
    sitePackages.map((folder) => exists(path.join(folder, name, '__init__.py'))),
  );
  return hits.includes(true);
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Replaces a leading `~` as a shell would. */
export function expandHome(file: string, home: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(home, file.slice(1)) : file;
}

function placesToLook(around: Surroundings): Promise<readonly string[]>[] {
  const { home, environment, folders } = around;
  const given = [...around.pythonEnvironments, ...around.knownPythons].map((file) =>
    prefixOf(expandHome(file, home)),
  );
  const active = [environment['VIRTUAL_ENV'], environment['CONDA_PREFIX']];
  const conda = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', 'micromamba'].map((name) =>
    path.join(home, name),
  );
  return [
    ...given,
    ...folders.map((folder) => localEnvironments(folder)),
    Promise.resolve(active.filter((prefix) => prefix !== undefined && prefix !== '') as readonly string[]),
    onPath('python3', environment).then((pythons) =>
      pythons.map((python) => path.dirname(path.dirname(python))),
    ),
    children(environment['WORKON_HOME'] ?? path.join(home, '.virtualenvs')),
    children(path.join(environment['PYENV_ROOT'] ?? path.join(home, '.pyenv'), 'versions')),
    lines(path.join(home, '.conda', 'environments.txt')),
    Promise.resolve(around.condaEnvironments),
    Promise.resolve(conda),
    ...[...conda, environment['MAMBA_ROOT_PREFIX']].map((root) =>
      root ? children(path.join(root, 'envs')) : Promise.resolve([]),
    ),
  ];
}

/** The environment that a setting or the Python extension names: its folder, or a Python in its `bin`. */
async function prefixOf(file: string): Promise<readonly string[]> {
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path.dirname(path.dirname(file))];
  return [path.basename(file) === 'bin' ? path.dirname(file) : file];
}

/** Environments directly inside a folder of the workspace, the usual names first. */
async function localEnvironments(folder: string): Promise<readonly string[]> {
  const usual = ['.venv', 'venv', 'env'].map((name) => path.join(folder, name));
  const marked = await Promise.all(
    (await children(folder)).map(async (child) =>
      (await exists(path.join(child, 'pyvenv.cfg'))) ? [child] : [],
    ),
  );
  return [...usual, ...marked.flat()];
}

async function toEnvironment(
  prefix: string,
  home: string,
): Promise<{ readonly real: string; readonly environment: PythonEnvironment } | undefined> {
  const environment = await pythonEnvironment(prefix, home);
  return environment && { real: await realpath(prefix), environment };
}

async function sitePackagesOf(prefix: string, home: string): Promise<readonly string[]> {
  const isVirtual = await exists(path.join(prefix, 'pyvenv.cfg'));
  const roots = isVirtual ? [prefix] : [path.join(home, '.local'), prefix];
  if (!isVirtual && prefix === '/usr') roots.push('/usr/local');
  if (isVirtual) roots.push(...(await systemPrefix(prefix)));
  const found = await Promise.all(
    roots.flatMap((root) => ['lib', 'lib64'].map((lib) => packagesIn(path.join(root, lib)))),
  );
  return [...new Set(found.flat())];
}

/** The base of a virtual environment that was made with `--system-site-packages`. */
async function systemPrefix(prefix: string): Promise<readonly string[]> {
  const config = await readFile(path.join(prefix, 'pyvenv.cfg'), 'utf8').catch(() => '');
  if (!/^include-system-site-packages\s*=\s*true/im.test(config)) return [];
  const base = /^home\s*=\s*(\S.*?)\s*$/im.exec(config)?.[1];
  return base === undefined ? [] : [path.dirname(base)];
}

async function packagesIn(lib: string): Promise<readonly string[]> {
  const versions = (await children(lib)).filter((folder) => /^python3(\.\d+)?$/.test(path.basename(folder)));
  const folders = versions.flatMap((version) =>
    ['site-packages', 'dist-packages'].map((name) => path.join(version, name)),
  );
  const present = await Promise.all(folders.map(exists));
  return folders.filter((_, index) => present[index]);
}

function nameOf(prefix: string): string {
  const name = path.basename(prefix);
  if (prefix === '/usr' || prefix === '/usr/local') return 'system';
  return ['.venv', 'venv', 'env'].includes(name) ? `${path.basename(path.dirname(prefix))}/${name}` : name;
}

/** Folders in a folder. */
export async function children(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => path.join(folder, entry.name));
}

async function lines(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
