import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { labelOf } from '../kernels/installation.ts';
import { createSession, type Session } from '../kernels/session.ts';
import { type Opening, protocolVersion, type StateContent } from './frames.ts';
import { launch, type HostFiles } from './launch.ts';
import type { LaunchSpec } from './launch-spec.ts';
import { isAlive, type ProcessName } from './processes.ts';
import { type Record, readRecords } from './records.ts';
import { type Remains, readRemains, renameRemains } from './remains.ts';
import { sweep } from './sweep.ts';
import { ask, attachTo } from './socket-transport.ts';

/** Who has a kernel, as this window sees it. */
export type Holder =
  | { readonly kind: 'nobody' | 'here' }
  /** `window` names that one, as in "the window of folder-x". */
  | { readonly kind: 'elsewhere'; readonly window: string };

/** A kernel host that runs on this machine, attached to a window or not. */
export interface HostStatus extends Readonly<
  Pick<Record, 'id' | 'pid' | 'notebook' | 'installation' | 'flavour' | 'label' | 'startedAt'>
> {
  /** `undefined` when the host does not answer. */
  readonly state: StateContent | undefined;
  readonly holder: Holder;
  /** Its host was left by a version of this extension that speaks otherwise: no window of this one can attach to it. */
  readonly isOtherVersion: boolean;
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
  | { readonly kind: 'otherVersion'; readonly host: HostStatus };

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
  /** What kernels of this notebook, or of all, that are gone left behind, oldest first. */
  remains(notebook?: string): Promise<readonly Remains[]>;
  /** A notebook was renamed or moved: its kernel, running or gone, belongs to the new URI. */
  rename(from: string, to: string): Promise<void>;
  list(): Promise<readonly HostStatus[]>;
  /** Interrupts a kernel, attached or not; restarts it. */
  control(id: string, action: 'interrupt' | 'restart'): Promise<void>;
  /** Resolves when nothing runs or waits in a kernel. */
  drain(id: string, signal: AbortSignal): Promise<void>;
  /** Ends a host and its kernel, attached or not. */
  shutDown(id: string): Promise<void>;
}

const drainMilliseconds = 2000;
/** Milliseconds in which a host answers, if it does. */
const answerPatience = 2000;

/** @param holder names this window to others. */
export function createKernelHosts(files: HostFiles, holder: string, log: Log): KernelHosts {
  const { stateFolder } = files;
  /** Once, beside the first start of a kernel. */
  let swept: Promise<void> | undefined;
  const find = async (id: string): Promise<Record | undefined> =>
    (await readRecords(stateFolder)).find((record) => record.id === id);
  type Action = Extract<Opening, { frame: 'control' }>['action'];
  const control = ({ socket, token }: Record, action: Action): Promise<unknown> =>
    ask(socket, { frame: 'control', token, action }, answerPatience);
  /** Hosts that this window is attached to. */
  const here = new Map<string, Session>();
  const status = (record: Record): Promise<HostStatus> => statusOf(record, here, stateFolder);
  const attach = async (record: Record, takeOver: boolean): Promise<Attachment> => {
    if (record.protocol !== protocolVersion) return { kind: 'otherVersion', host: await status(record) };
    const { socket, token } = record;
    const own = here.get(record.id);
    // A renamed notebook is opened anew, perhaps before it was closed under its old name.
    await own?.detach();
    const wanted = takeOver || own !== undefined;
    const opening = { frame: 'attach', protocol: protocolVersion, token, holder, takeOver: wanted } as const;
    const answer = await attachTo(socket, opening);
    if (answer.kind === 'attached') {
      const session = createSession(answer.transport, answer);
      here.set(record.id, session);
      session.onState(({ kind }) => {
        const isOver = kind === 'closed' || kind === 'takenOver';
        if (isOver && here.get(record.id) === session) here.delete(record.id);
      });
      return { kind: 'attached', session };
    }
    if (answer.holder !== undefined) return { kind: 'elsewhere', holder: answer.holder };
    throw new UserError(`The kernel cannot be attached: ${answer.reason}.`);
  };
  return {
    async open(spec, progress, signal) {
      const known = await findRecord(spec, stateFolder);
      const found: Attachment = known ? await attach(known, false).catch(orNone(log)) : { kind: 'none' };
      let session = known && sessionOf(found);
      if (!session) {
        progress('preparing its process');
        const record = await launch(spec, files, labelOf(spec.installation, spec.flavour), log, signal);
        session = sessionOf(await attach(record, false));
        swept ??= sweep(stateFolder).catch((error: unknown) => {
          log.warn('what kernels left behind was not swept', error);
        });
      }
      if (!session) throw new UserError('The kernel host ended right after its start. The log has more.');
      progress('loading ROOT');
      try {
        await untilReady(session, signal);
      } catch (error) {
        await session.shutDown().catch(() => undefined);
        throw error;
      }
      return session;
    },
    async attach(key, takeOver, signal) {
      const record = await findRecord(key, stateFolder);
      signal.throwIfAborted();
      return record ? attach(record, takeOver) : { kind: 'none' };
    },
    remains: (notebook) => readRemains(stateFolder, notebook),
    async rename(from, to) {
      for (const record of await readRecords(stateFolder)) {
        const notebook = renamedUri(record.notebook, from, to);
        if (notebook === undefined) continue;
        await control(record, { kind: 'rename', notebook }).catch((error: unknown) => {
          log.warn('a kernel does not know the new name of its notebook', error);
        });
      }
      await renameRemains(stateFolder, (notebook) => renamedUri(notebook, from, to));
    },
    list: async () => Promise.all((await readRecords(stateFolder)).map(status)),
    async control(id, kind) {
      const record = await find(id);
      if (!record) throw new UserError('This kernel has ended.');
      await control(record, { kind });
    },
    async drain(id, signal) {
      for (let host = await find(id); host; host = await find(id)) {
        const { cells, state } = await status(host);
        if (cells === 0 && state !== undefined) return;
        await wait(drainMilliseconds, undefined, { signal });
      }
    },
    async shutDown(id) {
      const record = await find(id);
      if (!record) return;
      // One that does not understand is ended by a signal.
      await control(record, { kind: 'shutDown' }).catch(() => undefined);
      if (isAlive(record)) await endProcess(record);
    },
  };
}

/** The session of an attachment that may not be had otherwise. @throws {UserError} that says why. */
function sessionOf(found: Attachment): Session | undefined {
  switch (found.kind) {
    case 'attached':
      return found.session;
    case 'none':
      return undefined;
    case 'elsewhere':
      throw new UserError(`The kernel of this notebook is attached in ${found.holder}.`, {
        remedies: [{ label: 'Take Over', command: 'rootbook.takeOver' }],
      });
    case 'otherVersion':
      throw new UserError(
        'The kernel of this notebook was started by another version of ROOTbook, which this one cannot attach to. ' +
          'A cell can run when that kernel has ended.',
        { remedies: [{ label: 'End That Kernel…', command: 'rootbook.endOtherVersion' }] },
      );
  }
}

function orNone(log: Log): (error: unknown) => Attachment {
  return (error) => {
    log.warn('a kernel host cannot be attached', error);
    return { kind: 'none' };
  };
}

/** The host that the notebook left running. */
async function findRecord(key: KernelKey, stateFolder: string): Promise<Record | undefined> {
  return (await readRecords(stateFolder)).findLast(
    (record) =>
      record.notebook === key.notebook &&
      record.installation === key.installation.id &&
      record.flavour === key.flavour,
  );
}

/** The new URI of a notebook that was renamed, or lies in a folder that was. */
export function renamedUri(notebook: string, from: string, to: string): string | undefined {
  if (notebook === from) return to;
  return notebook.startsWith(`${from}/`) ? to + notebook.slice(from.length) : undefined;
}

async function statusOf(
  record: Record,
  here: ReadonlyMap<string, Session>,
  stateFolder: string,
): Promise<HostStatus> {
  const { id, pid, notebook, installation, flavour, label, startedAt, socket, token } = record;
  const answer = await ask(socket, { frame: 'status', token }, answerPatience).catch(() => undefined);
  const status = answer?.frame === 'status' ? answer.status : undefined;
  return {
    ...{ id, pid, notebook, installation, flavour, label, startedAt },
    state: status?.state,
    holder: here.has(id) ? { kind: 'here' } : toHolder(status?.holder),
    isOtherVersion: record.protocol !== protocolVersion,
    cells: status?.cells ?? 0,
    memory: status?.memory,
    checkpointMemory: status?.checkpointMemory,
    logFile: path.join(stateFolder, 'hosts', `${id}.log`),
  };
}

function toHolder(window: string | undefined): Holder {
  return window === undefined ? { kind: 'nobody' } : { kind: 'elsewhere', window };
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

async function endProcess(host: ProcessName): Promise<void> {
  process.kill(host.pid, 'SIGTERM');
  for (let waited = 0; waited < 5000; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!isAlive(host)) return;
  }
  process.kill(host.pid, 'SIGKILL');
}
