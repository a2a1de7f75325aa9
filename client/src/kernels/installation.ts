import { z } from 'zod';

/** Where a ROOT came from; decides the wording and how its Python is started. */
const Origin = z.enum(['wheel', 'thisroot', 'conda', 'path', 'setting', 'cvmfs']);

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
  /** Whether that Python has ipykernel. */
  ipykernel: z.boolean(),
  /** What a user calls it: the environment's or folder's name. */
  name: z.string(),
});
export type Installation = z.infer<typeof Installation>;

/** `cpp`: our runner in root.exe. `python`: ipykernel with `import ROOT`. `python-runner`: our runner in Python. */
export const Flavour = z.enum(['cpp', 'python', 'python-runner']);
export type Flavour = z.infer<typeof Flavour>;

/** The language of cells that do not say another one. */
export function languageOf(flavour: Flavour): 'cpp' | 'python' {
  return flavour === 'cpp' ? 'cpp' : 'python';
}
