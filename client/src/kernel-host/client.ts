import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createSession, type Session } from '../kernels/session.ts';
import type { Transport } from '../kernels/transport.ts';
import { copyHost } from './copy.ts';
import type { LaunchSpec } from './launch-spec.ts';
import { isAlive, type Record, readRecords } from './records.ts';
import { connect } from './socket-transport.ts';

/** A kernel host that runs on this machine, attached to a window or not. */
export interface HostStatus extends Readonly<Pick<Record, 'id' | 'notebook' | 'label' | 'startedAt'>> {
  /** `undefined` when the host does not answer. */
  readonly state: StateContent | undefined;
  /** Names the window that has it. */
  readonly holder: string | undefined;
  /** Cells that run or wait. */
  readonly cells: number;
  /** Bytes that all processes of the kernel take, pages that checkpoints share counted once; `undefined` where unknown. */
  readonly memory: number | undefined;
  /** Bytes of it that only checkpoints hold. */
  readonly checkpointMemory: number | undefined;
  readonly logFile: string;
}

/** Which kernel a notebook uses. */
export type KernelKey = Readonly<Pick<LaunchSpec, 'notebook' | 'flavour' | 'installation'>>;

/** What came of looking for a notebook's running kernel. */
export type Attachment =
  | { readonly kind: 'none' }
  | { readonly kind: 'attached'; readonly session: Session }
  /** Another window has it; `holder` names that one, as in "the window of folder-x". */
  | { readonly kind: 'elsewhere'; readonly holder: string }
  /** Its host was left by a version of this extension that speaks otherwise. */
  | { readonly kind: 'otherVersion' };

/** What a kernel that is gone left behind: outputs that are not known to be saved. */
export interface Remains {
  readonly label: string;
  /** Worded for the user: why the kernel is gone. */
  readonly reason: string;
  readonly executions: readonly Execution[];
  /** As `Session.follow`; a run that was not over ends as `error`. */
  follow(id: string, signal: AbortSignal): AsyncIterable<CellEvent>;
  /** They are shown, or not wanted. */
  discard(): Promise<void>;
}

/** Starts kernel hosts and finds those that run. Local kernels come from here and nowhere else. */
export interface KernelHosts {
  /**
   * Attaches to the notebook's running host of that installation and flavour, or starts one.
   *
   * @param progress receives short sentences for a progress bar.
   * @throws {UserError} with the kernel's own stderr and the likely cause when it does not start, or when another window
   * has the kernel.
   */
  open(spec: LaunchSpec, progress: (text: string) => void, signal: AbortSignal): Promise<Session>;
  /** Attaches to the kernel that a notebook left running, if there is one. Starts nothing. @param takeOver from another window. */
  attach(key: KernelKey, takeOver: boolean, signal: AbortSignal): Promise<Attachment>;
  /** What kernels of this notebook that are gone left behind, oldest first. */
  remains(notebook: string): Promise<readonly Remains[]>;
  /** A notebook was renamed or moved: its kernel, running or gone, belongs to the new URI. */
  rename(from: string, to: string): Promise<void>;
  list(): Promise<readonly HostStatus[]>;
  /** Interrupts a kernel, attached or not; restarts it. */
  control(id: string, action: 'interrupt' | 'restart'): Promise<void>;
  /** Ends a host and its kernel, attached or not. */
  shutDown(id: string): Promise<void>;
}

export interface HostFiles {
  /** Folder of the bundled host program with its native module, `client/dist/kernel-host`. */
  readonly bundleFolder: string;
  /** Owner-only folder of the extension for host copies, records and tokens (the editor's global storage). */
  readonly stateFolder: string;
}

/** What starts: shown in lists of kernels. */
function labelOf({ installation, flavour }: LaunchSpec): string {
  return `ROOT ${installation.version} ${flavour === 'cpp' ? 'C++' : 'Python'}`;
}

export function createKernelHosts(files: HostFiles, log: Log): KernelHosts {
  const { stateFolder } = files;
  return {
    async open(spec, progress, signal) {
      const transport =
        (await attach(spec, stateFolder, log)) ?? (await launch(spec, files, progress, log, signal));
      const session = createSession(transport);
      progress('loading ROOT');
      try {
        await untilReady(session, signal);
      } catch (error) {
        await session.shutDown().catch(() => undefined);
        throw error;
      }
      return session;
    },
    list: async () => readRecords(stateFolder),
    async shutDown(id) {
      const record = (await readRecords(stateFolder)).find((candidate) => candidate.id === id);
      if (record) await endProcess(record.pid);
    },
  };
}

/** The host that the notebook left running, when it can be had. */
async function attach(spec: LaunchSpec, stateFolder: string, log: Log): Promise<Transport | undefined> {
  const mine = (record: Record): boolean =>
    record.notebook === spec.notebook &&
    record.installation === spec.installation.id &&
    record.flavour === spec.flavour;
  const record = (await readRecords(stateFolder)).findLast(mine);
  if (!record) return undefined;
  try {
    return await connect(record.socket, record.token);
  } catch (error) {
    log.warn(`kernel host ${record.id} cannot be attached`, error);
    return undefined;
  }
}

async function launch(
  spec: LaunchSpec,
  files: HostFiles,
  progress: (text: string) => void,
  log: Log,
  signal: AbortSignal,
): Promise<Transport> {
  signal.throwIfAborted();
  progress('preparing its process');
  const { stateFolder } = files;
  const program = await copyHost(files.bundleFolder, spec.agentFolder, stateFolder);
  const id = randomBytes(6).toString('hex');
  const folder = path.join(stateFolder, 'hosts');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const start = path.join(folder, `${id}.start`);
  const started = {
    spec: { ...spec, agentFolder: program.agentFolder },
    stateFolder,
    id,
    label: labelOf(spec),
  };
  await writeFile(start, JSON.stringify(started), { mode: 0o600 });
  try {
    await spawnHost(program.main, start, signal);
  } finally {
    await rm(start, { force: true });
  }
  const record = (await readRecords(stateFolder)).find((candidate) => candidate.id === id);
  if (!record) throw new UserError('The kernel host ended right after its start. The log has more.');
  log.info(`kernel host ${id} started, process ${String(record.pid)}`);
  return connect(record.socket, record.token);
}

/** Runs the host detached from this process, with the editor's own Node, and waits until it listens. */
async function spawnHost(program: string, start: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ['--enable-source-maps', program, start], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => {
        resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(
          new UserError(`The kernel host did not start (exit code ${String(code)}).\n${stderr.slice(-2000)}`),
        );
      });
      signal.addEventListener('abort', () => {
        child.kill();
        reject(new DOMException('cancelled', 'AbortError'));
      });
    });
  } finally {
    child.removeAllListeners();
    child.on('error', () => undefined);
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

async function untilReady(session: Session, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const check = (): void => {
      const { state } = session;
      if (state.kind === 'idle' || state.kind === 'busy') resolve();
      else if (state.kind === 'dead') reject(new UserError(state.reason));
      else if (state.kind === 'closed') reject(new UserError('The kernel host ended during the start.'));
    };
    const stop = session.onState(check);
    signal.addEventListener('abort', () => {
      stop();
      reject(new DOMException('cancelled', 'AbortError'));
    });
    check();
  });
}

async function endProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < 5000; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!isAlive(pid)) return;
  }
  process.kill(pid, 'SIGKILL');
}
