import path from 'node:path';
import type { Log } from '../../base/log.ts';
import type { Scope } from '../../base/scope.ts';
import { UserError } from '../../base/errors.ts';
import type { KernelMessage } from '../../kernels/messages.ts';
import { writeConnectionFile } from './connection.ts';
import { OutputPipes } from './pipes.ts';
import { type Ending, KernelProcess } from './process.ts';
import { KernelSockets } from './sockets.ts';
import { toEnding, toStartFailure } from './wording.ts';

/** A kernel that answered on shell and was heard on iopub. */
export interface Started {
  readonly sockets: KernelSockets;
  readonly kernel: KernelProcess;
  /** For what the kernel prints, once the agent is loaded. */
  readonly pipes: OutputPipes | undefined;
  /** Content of the `kernel_info_reply`. */
  readonly info: Readonly<Record<string, unknown>>;
}

export interface JupyterLaunch {
  /** What starts the kernel, as in a kernelspec: `{connection_file}` stands for the connection file. */
  readonly argv: readonly string[];
  /** Working directory of the kernel. */
  readonly folder: string;
  /** All of the kernel's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder with `rootbook_agent.py`. */
  readonly agentFolder: string;
  /** Owner-only folder of this host. */
  readonly privateFolder: string;
  /** What the first cell is to say. */
  readonly notice?: string | undefined;
  /** Where dropped messages and failed repairs are reported. */
  readonly log?: Log;
}

/** Milliseconds between questions to a kernel that answered but was not heard on iopub yet. */
const nudgeInterval = 50;

const startTimeoutSeconds = 60;

/** What starts ipykernel in a Python. */
export function ipykernelIn(python: string): readonly string[] {
  return [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
}

/** What a kernel says that cannot use the sockets it was told to use. */
const cannotBind = /Address already in use|Protocol not supported|File name too long|ipc/i;

/**
 * Starts a kernel and waits until it is ready. Sockets are files that only this user can reach; where the
 * kernel cannot use those, ports of 127.0.0.1 that were free a moment ago, tried three times.
 *
 * @throws {UserError} with the kernel's own stderr and the likely cause.
 */
export async function startKernel(
  launch: JupyterLaunch,
  log: Log,
  scope: Scope,
  signal: AbortSignal,
): Promise<Started> {
  const transports =
    process.platform === 'win32' ? (['tcp', 'tcp', 'tcp'] as const) : (['ipc', 'tcp', 'tcp', 'tcp'] as const);
  for (const [attempt, transport] of transports.entries()) {
    const own = scope.child();
    try {
      return await startOnce(launch, transport, log, own, signal);
    } catch (error) {
      await own.close();
      const again =
        error instanceof UserError && cannotBind.test(error.message) && attempt < transports.length - 1;
      if (!again) throw error;
      log.info(`starting again, after ${transport} failed: ${error.message}`);
    }
  }
  throw new Error('no transport');
}

async function startOnce(
  launch: JupyterLaunch,
  transport: 'ipc' | 'tcp',
  log: Log,
  scope: Scope,
  signal: AbortSignal,
): Promise<Started> {
  signal.throwIfAborted();
  const connection = await writeConnectionFile(transport, launch.privateFolder);
  scope.defer(() => connection.remove());
  const pipes = await OutputPipes.create(path.dirname(connection.file), scope);
  const words = launch.argv.map((word) => word.replaceAll('{connection_file}', connection.file));
  const [executable = '', ...args] = words;
  const kernel = new KernelProcess({
    executable,
    args,
    folder: launch.folder,
    environment: launch.environment,
  });
  scope.defer(() => end(kernel));
  const sockets = new KernelSockets(connection.connection, log, scope);
  const info = await ready(sockets, kernel, signal);
  return { sockets, kernel, pipes, info };
}

/** Ends the process and its group for good. */
async function end(kernel: KernelProcess): Promise<void> {
  kernel.signal('SIGKILL');
  await kernel.ended;
}

async function ready(
  sockets: KernelSockets,
  kernel: KernelProcess,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const heard = new AbortController();
  const timeout = AbortSignal.timeout(startTimeoutSeconds * 1000);
  try {
    return await new Promise((resolve, reject) => {
      const fail = (what: string): void => {
        reject(new UserError(toStartFailure(what, kernel.stderr)));
      };
      const options = { signal: heard.signal };
      signal.addEventListener(
        'abort',
        () => {
          reject(toError(signal.reason));
        },
        options,
      );
      timeout.addEventListener(
        'abort',
        () => {
          fail(`no answer within ${String(startTimeoutSeconds)} s`);
        },
        options,
      );
      void kernel.ended.then((ending: Ending) => {
        fail(toEnding(ending));
      });
      let info: Readonly<Record<string, unknown>> | undefined;
      let iopub = false;
      sockets.onMessage = (message: KernelMessage): void => {
        if (message.channel === 'iopub') iopub = true;
        if (message.type === 'kernel_info_reply') {
          info = message.content;
          if (!iopub) setTimeout(ask, nudgeInterval);
        }
        if (info && iopub) resolve(info);
      };
      const ask = (): void => {
        if (!iopub && !heard.signal.aborted)
          sockets.send('shell', { type: 'kernel_info_request', content: {} });
      };
      ask();
    });
  } finally {
    heard.abort();
    sockets.onMessage = () => undefined;
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
