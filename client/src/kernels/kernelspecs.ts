import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { children, hasPackage, onPath, type PythonEnvironment, type Surroundings } from './environments.ts';
import type { Installation, Kernelspec } from './installation.ts';

/** A `kernel.json`. Source: https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs */
const KernelJson = z.object({
  argv: z.array(z.string()).min(1),
  display_name: z.string().default(''),
  language: z.string().default(''),
  env: z.record(z.string(), z.string()).default({}),
});
type KernelJson = z.infer<typeof KernelJson>;

/** A folder of kernelspecs, and the Python that is meant by a bare `python` in them. */
interface Place {
  readonly folder: string;
  readonly environment: PythonEnvironment | undefined;
}

/**
 * Kernels of ROOT that are installed for Jupyter, and those that ROOT brings, each as it is. A plain ipykernel is none:
 * it is offered already.
 */
export async function findKernelspecs(
  around: Surroundings,
  environments: readonly PythonEnvironment[],
  installations: readonly Installation[],
): Promise<readonly Installation[]> {
  const places = kernelPlaces(around, environments, installations);
  const files = await Promise.all(
    places.map(async ({ folder, environment }) =>
      (await children(folder)).map((each) => ({ file: path.join(each, 'kernel.json'), environment })),
    ),
  );
  const found = await Promise.all(
    files.flat().map(async ({ file, environment }) => {
      const json = await readKernelJson(file);
      return json && toInstallation(file, json, environment, { around, environments, installations });
    }),
  );
  // ROOT's own kernelspec and a copy of it that was installed are the same.
  const byId = new Map(found.flatMap((each) => (each ? [[each.id, each] as const] : [])).reverse());
  return [...byId.values()].reverse();
}

function kernelPlaces(
  { home, environment }: Surroundings,
  environments: readonly PythonEnvironment[],
  installations: readonly Installation[],
): readonly Place[] {
  const data =
    environment['JUPYTER_DATA_DIR'] ??
    (process.platform === 'darwin'
      ? path.join(home, 'Library', 'Jupyter')
      : path.join(environment['XDG_DATA_HOME'] ?? path.join(home, '.local', 'share'), 'jupyter'));
  const listed = (environment['JUPYTER_PATH'] ?? '').split(path.delimiter).filter((each) => each !== '');
  const shared = [...listed, data].map((each) => path.join(each, 'kernels'));
  const system = ['/usr/local', '/usr'].map((prefix) => path.join(prefix, 'share', 'jupyter', 'kernels'));
  const of = (python: string | undefined): PythonEnvironment | undefined =>
    environments.find((each) => each.python === python);
  return [
    ...shared.map((folder) => ({ folder, environment: undefined })),
    ...environments.map((each) => ({
      folder: path.join(each.prefix, 'share', 'jupyter', 'kernels'),
      environment: each,
    })),
    ...installations.flatMap(({ root, python }) =>
      ['etc/notebook/kernels', 'etc/root/notebook/kernels'].map((name) => ({
        folder: path.join(root, name),
        environment: of(python),
      })),
    ),
    ...system.map((folder) => ({ folder, environment: undefined })),
  ];
}

async function readKernelJson(file: string): Promise<KernelJson | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return KernelJson.parse(JSON.parse(text));
  } catch {
    // No kernelspec, or a broken one, which Jupyter does not offer either.
    return undefined;
  }
}

interface Known {
  readonly around: Surroundings;
  readonly environments: readonly PythonEnvironment[];
  readonly installations: readonly Installation[];
}

async function toInstallation(
  file: string,
  json: KernelJson,
  environment: PythonEnvironment | undefined,
  { around, environments, installations }: Known,
): Promise<Installation | undefined> {
  const language = languageOf(json);
  if (!language) return undefined;
  const [program = '', ...args] = json.argv;
  const own = environment ?? (await firstWithRoot(environments));
  const isBare = /^python[\d.]*$/.test(program);
  const executable = isBare ? own?.python : path.isAbsolute(program) ? program : await first(program, around);
  if (executable === undefined) return undefined;
  const python = environments.find((each) => each.python === executable) ?? (isBare ? own : undefined);
  const owner = installations.find(
    (each) => each.python === python?.python || each.root === json.env['ROOTSYS'],
  );
  const kernelspec: Kernelspec = {
    argv: [executable, ...args],
    env: json.env,
    language,
    missing: python ? await missingOf(python, language) : [],
  };
  const key = JSON.stringify([kernelspec.argv, kernelspec.env]);
  const about = owner ?? {
    origin: 'kernelspec' as const,
    version: '',
    root: path.dirname(file),
    name: json.display_name,
  };
  return {
    ...about,
    id: createHash('sha256').update(key).digest('hex').slice(0, 12),
    executable,
    ...(python ? { python: python.python } : {}),
    ipython: kernelspec.missing.length === 0,
    ipykernel: kernelspec.missing.length === 0,
    kernelspec,
  };
}

/** C++ or Python with ROOT; `undefined` for what is none of our business. */
function languageOf({
  argv,
  display_name: name,
  language,
  env,
}: KernelJson): Kernelspec['language'] | undefined {
  const words = [...argv.slice(1), name, ...Object.entries(env).flat()].join(' ');
  if (/c\+\+|cpp/i.test(language)) return /rootkernel|\bROOT\b/.test(words) ? 'cpp' : undefined;
  const isPlain = argv.slice(1).join(' ') === '-m ipykernel_launcher -f {connection_file}';
  if (language.toLowerCase() !== 'python' || (isPlain && Object.keys(env).length === 0)) return undefined;
  return /ROOT(SYS)?\b/.test(words) ? 'python' : undefined;
}

async function firstWithRoot(
  environments: readonly PythonEnvironment[],
): Promise<PythonEnvironment | undefined> {
  const have = await Promise.all(environments.map((each) => hasPackage(each, 'ROOT')));
  return environments[have.indexOf(true)];
}

async function first(program: string, { environment }: Surroundings): Promise<string | undefined> {
  return (await onPath(program, environment))[0];
}

async function missingOf(
  environment: PythonEnvironment,
  language: Kernelspec['language'],
): Promise<string[]> {
  const needed = language === 'cpp' ? ['ipykernel', 'metakernel'] : ['ipykernel'];
  const have = await Promise.all(needed.map((name) => hasPackage(environment, name)));
  return needed.filter((_, index) => !have[index]);
}
