import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Log } from '../../../client/src/base/log.ts';
import type { Backend, BackendReply, Emission } from '../../../client/src/kernel-host/backend.ts';
import { startJupyterBackend } from '../../../client/src/kernel-host/jupyter/backend.ts';
import { ipykernelIn } from '../../../client/src/kernel-host/jupyter/start.ts';

const agentFolder = path.resolve(import.meta.dirname, '../../../client/agent');
export const python =
  process.env['ROOTBOOK_PYTHON'] ?? path.join(os.homedir(), '.cache/rootbook-dev/python/bin/python');

/** What a cell did, as a test wants to see it. */
export interface Ran {
  readonly reply: BackendReply;
  readonly emissions: readonly Emission[];
  readonly stdout: string;
  readonly stderr: string;
}

/** A kernel in a folder of its own that counts cells as the host does. */
export interface TestKernel {
  readonly backend: Backend;
  readonly folder: string;
  readonly lines: readonly string[];
  readonly strays: readonly Emission[];
  python(code: string, onEmission?: (emission: Emission) => void): Promise<Ran>;
  cpp(code: string, onEmission?: (emission: Emission) => void): Promise<Ran>;
  stop(): Promise<void>;
}

export interface KernelOptions {
  readonly python?: string;
  readonly agentFolder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export async function startTestKernel(options: KernelOptions = {}): Promise<TestKernel> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rk-'));
  const lines: string[] = [];
  const note = (message: string | Error): void => void lines.push(String(message));
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const backend = await startJupyterBackend(
    {
      argv: ipykernelIn(options.python ?? python),
      folder,
      environment: { ...ownEnvironment(), ...options.environment },
      agentFolder: options.agentFolder ?? agentFolder,
      privateFolder: folder,
      log,
    },
    new AbortController().signal,
  );
  const strays: Emission[] = [];
  backend.onStray = (emission) => void strays.push(emission);
  let count = 0;
  const run = async (
    code: string,
    language: 'cpp' | 'python',
    onEmission: (emission: Emission) => void = () => undefined,
  ): Promise<Ran> => {
    const emissions: Emission[] = [];
    count += 1;
    const reply = await backend.execute(
      { code, language, count, cellId: `c${String(count)}` },
      (emission) => {
        emissions.push(emission);
        onEmission(emission);
      },
    );
    return { reply, emissions, stdout: text(emissions, 'stdout'), stderr: text(emissions, 'stderr') };
  };
  return {
    backend,
    folder,
    lines,
    strays,
    python: (code, onEmission) => run(code, 'python', onEmission),
    cpp: (code, onEmission) => run(code, 'cpp', onEmission),
    async stop() {
      await backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function text(emissions: readonly Emission[], name: 'stdout' | 'stderr'): string {
  return emissions
    .filter(({ type, content }) => type === 'stream' && content['name'] === name)
    .map(({ content }) => String(content['text']))
    .join('');
}

/** The only emission of a type. */
export function only(emissions: readonly Emission[], type: string): Emission {
  const [found, ...more] = emissions.filter((emission) => emission.type === type);
  if (!found || more.length > 0) {
    throw new Error(
      `${String(found ? more.length + 1 : 0)} ${type} in ${JSON.stringify(emissions).slice(0, 2000)}`,
    );
  }
  return found;
}

export function errorOf(emissions: readonly Emission[]): Readonly<Record<string, unknown>> {
  return only(emissions, 'error').content;
}
