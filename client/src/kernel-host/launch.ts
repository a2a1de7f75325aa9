import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { copyHost } from './copy.ts';
import type { LaunchSpec } from './launch-spec.ts';
import { type Record, readRecords } from './records.ts';

export interface HostFiles {
  /** Folder of the bundled host program with its native module, `client/dist/kernel-host`. */
  readonly bundleFolder: string;
  /** Owner-only folder of the extension for host copies, records and tokens (the editor's global storage). */
  readonly stateFolder: string;
}

/** Starts a kernel host. @returns its record; it listens. @throws {UserError} also when the disk is full. */
export async function launch(
  spec: LaunchSpec,
  files: HostFiles,
  label: string,
  log: Log,
  signal: AbortSignal,
): Promise<Record> {
  try {
    return await start(spec, files, label, log, signal);
  } catch (caught) {
    const room = whyNoRoom(caught, files.stateFolder);
    throw room === undefined ? caught : new UserError(room, { cause: caught });
  }
}

/** Worded for the user. */
function whyNoRoom(caught: unknown, folder: string): string | undefined {
  const reasons = [
    [/ENOSPC/, 'the disk is full'],
    [/EDQUOT/, 'your quota of the disk is used up'],
    [/EROFS/, 'the disk is read-only'],
    [/EACCES|EPERM/, 'its folder may not be written to'],
  ] as const;
  const why = reasons.find(([pattern]) => pattern.test(String(caught)))?.[1];
  if (why === undefined) return undefined;
  return `The kernel cannot start: ${why}. It keeps what cells print in ${folder}. Make room there, or let it be written to, and run the cell again.`;
}

async function start(
  spec: LaunchSpec,
  files: HostFiles,
  label: string,
  log: Log,
  signal: AbortSignal,
): Promise<Record> {
  signal.throwIfAborted();
  const { stateFolder } = files;
  const program = await copyHost(files.bundleFolder, spec.agentFolder, stateFolder);
  const id = randomBytes(6).toString('hex');
  const folder = path.join(stateFolder, 'hosts');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const startFile = path.join(folder, `${id}.start`);
  const started = {
    spec: { ...spec, agentFolder: program.agentFolder },
    stateFolder,
    id,
    label,
  };
  await writeFile(startFile, JSON.stringify(started), { mode: 0o600 });
  try {
    await spawnHost(program.main, startFile, signal);
  } finally {
    await rm(startFile, { force: true });
  }
  const record = (await readRecords(stateFolder)).find((candidate) => candidate.id === id);
  if (!record) throw new UserError('The kernel host ended right after its start. The log has more.');
  log.info(`kernel host ${id} started, process ${String(record.pid)}`);
  return record;
}

/** Text that passes through is garbage at once: room for more of it would only be taken, and never given back. */
const frugal = ['--max-semi-space-size=1'];

/** Runs the host detached from this process, with the editor's own Node, and waits until it listens. */
async function spawnHost(program: string, startFile: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [...frugal, '--enable-source-maps', program, startFile], {
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
