import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import { exists } from './environments.ts';
import type { Installation } from './installation.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What a set-up does to an environment: each variable that it changes, as it was and as it is then. */
const Changes = z.record(
  z.string(),
  z.object({ before: z.string().optional(), after: z.string().optional() }),
);
type Changes = z.infer<typeof Changes>;

/** Changes that were found, for as long as the files that made them stay as they are. */
const Kept = z.object({ stamps: z.array(z.number()), changes: Changes });

/** How the environment of a ROOT is made. */
interface SetUp {
  /** For bash; `$1` is `argument`. */
  readonly script: string;
  readonly argument: string;
  /** Files whose time stamps tell that it would do something else now. */
  readonly files: readonly string[];
}

/** Milliseconds: on CVMFS everything that a script looks at comes over the network, the first time. */
const patience = 120_000;

/**
 * The environment of a kernel: that of the editor without what is the editor's own, set up for this ROOT by its own
 * script: `thisroot.sh`, an LCG view's `setup.sh`, the scripts with which conda activates.
 *
 * @param cacheFolder where what a script did is kept, until the script changes.
 * @throws {UserError} with the script's own words when it does not run to its end.
 */
export async function environmentOf(
  installation: Installation,
  editor: Variables,
  cacheFolder: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const base = withoutEditor(editor);
  const environment = await setUpFrom(base, installation, cacheFolder, signal);
  const own = Object.entries(installation.kernelspec?.env ?? {});
  const expanded = own.map(([name, value]) => [
    name,
    value.replaceAll(/\$\{(\w+)\}/g, (_, other: string) => environment[other] ?? ''),
  ]);
  return { ...environment, ...(Object.fromEntries(expanded) as Record<string, string>) };
}

async function setUpFrom(
  base: Record<string, string>,
  installation: Installation,
  cacheFolder: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const setUp = setUpOf(installation);
  if (!setUp) return { ...base, ...placesOf(installation, base) };
  const file = path.join(cacheFolder, `${installation.id}.json`);
  const stamps = await Promise.all(setUp.files.map(stampOf));
  const kept = await readKept(file, stamps, base);
  if (kept) return applied(base, kept);
  const changes = difference(base, await run(setUp, installation, base, signal));
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${String(process.pid)}`;
  await writeFile(temporary, JSON.stringify({ stamps, changes }), { mode: 0o600 });
  await rename(temporary, file);
  return applied(base, changes);
}

/** The script of a ROOT that sets up its environment when bash sources it, if it has one. */
export async function setUpScript(root: string): Promise<string | undefined> {
  const names = isView(root) ? ['setup.sh', 'bin/thisroot.sh'] : ['bin/thisroot.sh'];
  for (const name of names) {
    if (await exists(path.join(root, name))) return path.join(root, name);
  }
  return undefined;
}

/** Whether a folder is an LCG view: ROOT, Python and all their company in one place. */
export function isView(root: string): boolean {
  return /\/lcg\/views\/[^/]+\/[^/]+\/?$/.test(root);
}

function setUpOf({ origin, setup, root }: Installation): SetUp | undefined {
  if (origin === 'conda') {
    const files = ['etc/conda/activate.d', 'conda-meta/state', 'conda-meta/history'];
    return { script: activation, argument: root, files: files.map((name) => path.join(root, name)) };
  }
  return setup === undefined ? undefined : { script: 'source "$1"', argument: setup, files: [setup] };
}

/** What `conda activate` does; conda itself need not be there. Its `conda env config vars` are in the file `state`. */
const activation = `
export CONDA_PREFIX="$1" CONDA_DEFAULT_ENV="\${1##*/}" PATH="$1/bin:$PATH"
for script in "$1"/etc/conda/activate.d/*.sh; do [ -r "$script" ] && source "$script"; done
if [ -r "$1/conda-meta/state" ]; then
  eval "$("$1/bin/python3" -c 'import json, shlex, sys
for name, value in json.load(open(sys.argv[1])).get("env_vars", {}).items():
    print("export %s=%s" % (name, shlex.quote(value)))' "$1/conda-meta/state")"
fi
`;

async function run(
  { script, argument }: SetUp,
  { root }: Installation,
  base: Record<string, string>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  try {
    // Not `set -u`: LCG's scripts refer to what is not set. Whatever they print is not of the environment.
    const code = `{ ${script}\n} >&2 </dev/null; env -0`;
    const { stdout } = await promisify(execFile)(
      'bash',
      ['--norc', '--noprofile', '-c', code, 'bash', argument],
      {
        env: base,
        timeout: patience,
        maxBuffer: 10e6,
        signal,
      },
    );
    return Object.fromEntries(
      stdout.split('\0').flatMap((line) => {
        const at = line.indexOf('=');
        return at > 0 && !shellsOwn.has(line.slice(0, at)) ? [[line.slice(0, at), line.slice(at + 1)]] : [];
      }),
    );
  } catch (cause) {
    signal.throwIfAborted();
    const said = z.object({ stderr: z.string() }).safeParse(cause).data?.stderr.trim().slice(-2000) ?? '';
    throw new UserError(
      `The environment of the ROOT in ${root} could not be set up by ${argument}.${said && `\n${said}`}`,
      { cause },
    );
  }
}

/** What bash changes by itself. */
const shellsOwn = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD']);

function difference(base: Variables, after: Variables): Changes {
  const names = new Set([...Object.keys(base).filter((name) => !shellsOwn.has(name)), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => base[name] !== after[name])
      .map((name) => [name, { before: base[name], after: after[name] }]),
  );
}

function applied(base: Record<string, string>, changes: Changes): Record<string, string> {
  const changed = Object.entries(changes);
  const set = changed.flatMap(([name, { after }]) => (after === undefined ? [] : [[name, after]]));
  const kept = Object.entries(base).filter(([name]) => !(name in changes));
  return Object.fromEntries([...kept, ...set]) as Record<string, string>;
}

/** What was found before, if the files are the same and what they changed is now as it was then. */
async function readKept(
  file: string,
  stamps: readonly number[],
  base: Variables,
): Promise<Changes | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const kept = Kept.parse(JSON.parse(text));
    const isCurrent =
      JSON.stringify(kept.stamps) === JSON.stringify(stamps) &&
      Object.entries(kept.changes).every(([name, { before }]) => base[name] === before);
    return isCurrent ? kept.changes : undefined;
  } catch {
    // Nothing was kept, or by another version.
    return undefined;
  }
}

async function stampOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function withoutEditor(environment: Variables): Record<string, string> {
  const own = /^(VSCODE_|ELECTRON_|APPLICATION_INSIGHTS|NODE_OPTIONS$)/;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || own.test(name) ? [] : [[name, value] as const],
    ),
  );
}

/** What has to be set for a ROOT that brings no script: a wheel, whose environment is known, or one that lost its own. */
function placesOf({ root, origin, python }: Installation, environment: Variables): Record<string, string> {
  const before = (first: string, name: string): string =>
    [first, environment[name]].filter((each) => each !== undefined && each !== '').join(path.delimiter);
  if (origin === 'wheel') return python === undefined ? {} : { PATH: before(path.dirname(python), 'PATH') };
  if (root === '/usr' || origin === 'kernelspec') return {};
  const lib = path.join(root, 'lib');
  return {
    ROOTSYS: root,
    PATH: before(path.join(root, 'bin'), 'PATH'),
    LD_LIBRARY_PATH: before(lib, 'LD_LIBRARY_PATH'),
    PYTHONPATH: before(lib, 'PYTHONPATH'),
  };
}
