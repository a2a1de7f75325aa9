import { z } from 'zod';

/** Where a ROOT came from; decides the wording and how its Python is started. */
const Origin = z.enum(['wheel', 'thisroot', 'conda', 'path', 'setting', 'cvmfs', 'kernelspec']);

/** A kernel of Jupyter, started as it says itself. */
const Kernelspec = z.object({
  /** With `{connection_file}`; the first word is a program that exists. */
  argv: z.array(z.string()),
  /** Changes to the environment; values may refer to others, `${NAME}`. */
  env: z.record(z.string(), z.string()),
  language: z.enum(['cpp', 'python']),
  /** Python packages that it needs and that are not there. */
  missing: z.array(z.string()),
});
export type Kernelspec = z.infer<typeof Kernelspec>;

/** One ROOT on this machine. */
export const Installation = z.object({
  /** Stable over restarts of the editor: a hash of `root`. Part of controller ids. */
  id: z.string(),
  origin: Origin,
  /** ROOT's own version, `6.40.00`. */
  version: z.string(),
  /** Folder that holds `bin/root.exe`, absolute and without links. */
  root: z.string(),
  /** `root.exe` itself. */
  executable: z.string(),
  /** A Python whose `import ROOT` is this ROOT, with ipykernel or not; absent when there is none. */
  python: z.string().optional(),
  /** Script that sets up the environment of this ROOT when bash sources it. */
  setup: z.string().optional(),
  /** Whether that Python has IPython, and ipykernel. */
  ipython: z.boolean(),
  ipykernel: z.boolean(),
  /** What a user calls it: the environment's or folder's name. */
  name: z.string(),
  /** What there is to run, when it is not the ROOT itself but a kernel of Jupyter for it. */
  kernelspec: Kernelspec.optional(),
});
export type Installation = z.infer<typeof Installation>;

/** `cpp`: our runner in root.exe. `python`: our runner in a Python with ROOT. `python-jupyter`: ipykernel there. */
export const Flavour = z.enum(['cpp', 'python', 'python-jupyter']);
export type Flavour = z.infer<typeof Flavour>;

/** The language of cells that do not say another one. */
export function languageOf(flavour: Flavour): 'cpp' | 'python' {
  return flavour === 'cpp' ? 'cpp' : 'python';
}

/** Whether it is our runner, which keeps checkpoints: a crash costs only its cell, and any cell can be stopped. */
export function isRunner({ kernelspec }: Installation, flavour: Flavour): boolean {
  return !kernelspec && flavour !== 'python-jupyter';
}

/** Python packages without which a kernel does not start. */
export function missingPackages(
  { kernelspec, python, ipython, ipykernel }: Installation,
  flavour: Flavour,
): readonly string[] {
  if (kernelspec) return kernelspec.missing;
  if (python === undefined) return [];
  if (flavour === 'python') return ipython ? [] : ['ipython'];
  return flavour === 'python-jupyter' && !ipykernel ? ['ipykernel'] : [];
}

/** What a kernel is called: `ROOT 6.40 C++`, `ROOT 6.40 Python (analysis)`, `ROOT 6.40 Python via Jupyter (analysis)`. */
export function labelOf(
  { version, name, kernelspec }: Pick<Installation, 'version' | 'name' | 'kernelspec'>,
  flavour: Flavour,
): string {
  const short = version.split('.').slice(0, 2).join('.');
  const root = short === '' ? 'ROOT' : `ROOT ${short}`;
  const via = kernelspec || flavour === 'python-jupyter' ? ' via Jupyter' : '';
  if (flavour === 'cpp') return `${root} C++${via}${kernelspec ? ', no interrupt' : ''}`;
  return `${root} Python${via} (${name})`;
}
