import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../../kernels/environments.ts';
import type { Installation } from '../../kernels/installation.ts';

/** Where the runner of one ROOT is. */
export interface RunnerRecipe {
  /** `runner.C`, or the library that it was compiled into where that was done before. */
  readonly file: string;
  /** Compiles the runner for the next start, in ROOT's environment; does nothing when that is done. Never throws. */
  readonly compile: (environment: NodeJS.ProcessEnv) => void;
}

export interface RunnerFolders {
  /** The runner's sources. */
  readonly agent: string;
  /** Runners that were compiled on this machine. */
  readonly cache: string;
  /** Runners that came with the extension, for ROOTs of the package index, which are the same everywhere. */
  readonly bundled: string;
}

export async function runnerRecipe(
  installation: Installation,
  folders: RunnerFolders,
): Promise<RunnerRecipe> {
  const name = await libraryName(installation, folders.agent);
  const own = path.join(folders.cache, await libraryName(installation, folders.agent, installation.root));
  const places = installation.origin === 'wheel' ? [path.join(folders.bundled, name), own] : [own];
  for (const library of places) {
    if (await exists(library)) return { file: library, compile: () => undefined };
  }
  return {
    file: path.join(folders.agent, 'runner.C'),
    compile: (environment) =>
      void compileRunner(installation, folders.agent, own, environment).catch(() => undefined),
  };
}

/** Arguments of `root.exe` that make it a runner. */
export function rootArguments({ file }: RunnerRecipe): readonly string[] {
  const name = JSON.stringify(file);
  const start = file.endsWith('.C')
    ? `gROOT->Macro(${name});`
    : `gSystem->Load(${name}); ((void (*)())gSystem->DynFindSymbol("*", "rootbook_main"))();`;
  return ['-l', '-b', '-e', start];
}

/**
 * Named after ROOT's version and the text of the runner, so that an update of either makes a new one; on a machine also
 * after the place, since two builds of one version may differ.
 */
export async function libraryName(
  { version }: Installation,
  agentFolder: string,
  place = '',
): Promise<string> {
  const hash = createHash('sha256').update(version).update(process.arch).update(place);
  const names = (await readdir(agentFolder)).filter((file) => /\.(C|h)$/.test(file)).sort();
  for (const file of names) hash.update(await readFile(path.join(agentFolder, file)));
  return `runner-${hash.digest('hex').slice(0, 16)}.so`;
}

/**
 * Compiles the runner into a library; nobody sees it before it is whole. Resolves when the compiler ended, well or not:
 * without a compiler the macro is interpreted each time, slower to start and otherwise the same.
 */
export async function compileRunner(
  { root }: Installation,
  agentFolder: string,
  library: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  await mkdir(path.dirname(library), { recursive: true, mode: 0o700 });
  const draft = `${library}.${randomBytes(4).toString('hex')}`;
  const flags = [
    '-O1',
    '-shared',
    '-fPIC',
    `-std=${await standardOf(root)}`,
    '-I',
    path.join(root, 'include'),
  ];
  // On its own, because the host may end before the compiler does, and at low priority, because the user's first cells
  // run at the same time.
  const script =
    'draft=$1 library=$2; shift 2; nice c++ "$@" -o "$draft" && mv "$draft" "$library" || rm -f "$draft"';
  const words = ['-c', script, 'compile', draft, library, ...flags, path.join(agentFolder, 'runner.C')];
  const compiler = spawn('sh', words, { stdio: 'ignore', detached: true, env: environment });
  await new Promise((resolve, reject) => compiler.once('error', reject).once('exit', resolve));
}

/** The C++ standard that ROOT was built with; a library of another one may not load. */
async function standardOf(root: string): Promise<string> {
  const text = await readFile(path.join(root, 'include', 'compiledata.h'), 'utf8').catch(() => '');
  return /-std=((?:c|gnu)\+\+\w+)/.exec(text)?.[1] ?? 'c++17';
}
