import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Installation } from '../../kernels/installation.ts';

/** How to start the runner of one ROOT: as a macro, or compiled ahead where that was done before. */
export interface RunnerRecipe {
  readonly args: readonly string[];
  /** Compiles the runner for the next start; does nothing when that is done. Never throws. */
  readonly compile: () => void;
}

/**
 * The compiled runner is kept per ROOT version, place and text of the runner, so that an update of any of them makes a
 * new one.
 */
export async function runnerRecipe(
  installation: Installation,
  agentFolder: string,
  cacheFolder: string,
): Promise<RunnerRecipe> {
  const macro = path.join(agentFolder, 'runner.C');
  const library = path.join(cacheFolder, `runner-${await fingerprint(installation, agentFolder)}.so`);
  const compiled = await access(library).then(
    () => true,
    () => false,
  );
  if (compiled) {
    const load = `gSystem->Load(${JSON.stringify(library)}); ((void (*)())gSystem->DynFindSymbol("*", "rootbook_main"))();`;
    return { args: ['-l', '-b', '-e', load], compile: () => undefined };
  }
  return {
    args: ['-l', '-b', macro],
    compile: () => {
      void compileRunner(installation, macro, library);
    },
  };
}

async function fingerprint({ root, version }: Installation, agentFolder: string): Promise<string> {
  const hash = createHash('sha256').update(root).update(version).update(process.arch);
  const names = (await readdir(agentFolder)).filter((name) => /\.(C|h)$/.test(name)).sort();
  for (const name of names) hash.update(await readFile(path.join(agentFolder, name)));
  return hash.digest('hex').slice(0, 16);
}

/** The C++ standard that ROOT was built with; a library of another one may not load. */
async function standardOf(root: string): Promise<string> {
  const text = await readFile(path.join(root, 'include', 'compiledata.h'), 'utf8').catch(() => '');
  return /-std=((?:c|gnu)\+\+\w+)/.exec(text)?.[1] ?? 'c++17';
}

async function compileRunner({ root }: Installation, macro: string, library: string): Promise<void> {
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
  // run at the same time. Without a compiler the macro is interpreted each time: slower to start, otherwise the same.
  const script =
    'draft=$1 library=$2; shift 2; nice c++ "$@" -o "$draft" && mv "$draft" "$library" || rm -f "$draft"';
  const words = ['-c', script, 'compile', draft, library, ...flags, macro];
  const compiler = spawn('sh', words, { stdio: 'ignore', detached: true });
  compiler.on('error', () => undefined);
  compiler.unref();
}
