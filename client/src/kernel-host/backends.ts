import path from 'node:path';
import type { Log } from '../base/log.ts';
import { UserError } from '../base/errors.ts';
import type { Installation } from '../kernels/installation.ts';
import type { Backend } from './backend.ts';
import type { JupyterLaunch } from './jupyter/start.ts';
import type { LaunchSpec } from './launch-spec.ts';
import { type PythonSource, RunnerBackend } from './runner/backend.ts';
import { rootArguments, runnerRecipe } from './runner/commands.ts';

/** Starts the interpreter that a launch asks for. @throws {UserError} with the kernel's own words. */
export async function startBackend(
  spec: LaunchSpec,
  privateFolder: string,
  log: Log,
  signal: AbortSignal,
): Promise<Backend> {
  if (spec.installation.kernelspec) return startKernelspec(spec, privateFolder, log, signal);
  switch (spec.flavour) {
    case 'cpp':
      return startRunner(
        spec,
        () => startJupyter(spec, privateFolder, log, undefined, new AbortController().signal),
        log,
        signal,
      );
    case 'python':
      return startPython(spec, privateFolder, log, signal);
    case 'python-jupyter':
      return startJupyter(spec, privateFolder, log, undefined, signal);
  }
}

/** Where the runner does not load, ipykernel does the work, if it is there. */
async function startPython(
  spec: LaunchSpec,
  privateFolder: string,
  log: Log,
  signal: AbortSignal,
): Promise<Backend> {
  try {
    return await startRunner(spec, 'inside', log, signal);
  } catch (failure) {
    if (signal.aborted || !spec.installation.ipykernel) throw failure;
    log.warn('the runner does not load in this Python, ipykernel takes its place', failure);
    const reason = failure instanceof Error ? failure.message : String(failure);
    const notice = `This Python runs via Jupyter, where a crash ends the session, because the runner does not load in it. ${reason}`;
    return startJupyter(spec, privateFolder, log, notice, signal);
  }
}

async function startJupyter(
  spec: LaunchSpec,
  privateFolder: string,
  log: Log,
  notice: string | undefined,
  signal: AbortSignal,
): Promise<Backend> {
  const python = pythonOf(spec.installation);
  // Loaded when needed: it brings a native module, which a C++ kernel has no use for.
  const [{ startJupyterBackend }, { ipykernelIn }] = await Promise.all([
    import('./jupyter/backend.ts'),
    import('./jupyter/start.ts'),
  ]);
  const launch = toJupyterLaunch(spec, ipykernelIn(python), privateFolder, log);
  return startJupyterBackend({ ...launch, notice }, signal);
}

async function startKernelspec(
  spec: LaunchSpec,
  privateFolder: string,
  log: Log,
  signal: AbortSignal,
): Promise<Backend> {
  const { startJupyterBackend, startStockCpp } = await import('./jupyter/backend.ts');
  const launch = toJupyterLaunch(spec, spec.installation.kernelspec?.argv ?? [], privateFolder, log);
  return spec.flavour === 'cpp' ? startStockCpp(launch, signal) : startJupyterBackend(launch, signal);
}

function toJupyterLaunch(
  spec: LaunchSpec,
  argv: readonly string[],
  privateFolder: string,
  log: Log,
): JupyterLaunch {
  const { folder, agentFolder } = spec;
  return { argv, folder, environment: inheritedBy(spec), agentFolder, privateFolder, log };
}

async function startRunner(
  spec: LaunchSpec,
  python: PythonSource,
  log: Log,
  signal: AbortSignal,
): Promise<Backend> {
  const { installation, folder, agentFolder, cacheFolder } = spec;
  const bundled = path.join(path.dirname(process.argv[1] ?? ''), 'runners');
  const recipe = await runnerRecipe(installation, { agent: agentFolder, cache: cacheFolder, bundled });
  const backend = new RunnerBackend(spec.checkpoints, log, python);
  const { executable, args } =
    python === 'inside'
      ? {
          executable: pythonOf(installation),
          args: [path.join(agentFolder, 'rootbook_python.py'), recipe.file],
        }
      : { executable: installation.executable, args: rootArguments(recipe) };
  const cancel = (): void => void backend.close();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await backend.start({
      executable,
      args,
      folder,
      environment: inheritedBy(spec),
    });
  } catch (cause) {
    await backend.close();
    throw startFailure(executable, backend.startupText, cause);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  recipe.compile(inheritedBy(spec));
  return backend;
}

function pythonOf({ python, root }: Installation): string {
  if (python === undefined) throw new UserError(`No Python was found that belongs to the ROOT in ${root}.`);
  return python;
}

/** The editor's environment without what is only its own, and with what the launch changes. */
function inheritedBy(spec: LaunchSpec): Record<string, string> {
  const own = /^(ELECTRON_|VSCODE_)/;
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || own.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(inherited), ...spec.environment };
}

/** Longest part of the kernel's own text that is shown. */
const shownCharacters = 2000;

function startFailure(executable: string, text: string, cause: unknown): UserError {
  const own = text.trim().slice(-shownCharacters);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError(
    `ROOT did not start (${executable}): ${reason}.${likelyCause(own)}${own === '' ? '' : `\n${own}`}`,
    {
      cause,
    },
  );
}

function likelyCause(text: string): string {
  if (text.includes('error while loading shared libraries')) return ' A library that it needs is missing.';
  if (/fatal error: '[^']+' file not found|ERROR in cling::CIFactory/.test(text))
    return ' The C++ compiler and its headers are missing: install g++ (Debian, Ubuntu) or gcc-c++ (Fedora, Alma).';
  if (text.includes('No space left')) return ' The disk is full.';
  return '';
}
