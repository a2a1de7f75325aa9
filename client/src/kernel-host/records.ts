import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { isAlive, ownName } from './processes.ts';

/** What a running host leaves for windows to find it: an owner-only file in the state folder. */
export const Record = z.object({
  id: z.string(),
  pid: z.number(),
  /** See `ProcessName`. */
  born: z.string().optional(),
  /** Folder of the copy that the host runs from. */
  program: z.string().optional(),
  protocol: z.number(),
  socket: z.string(),
  token: z.string(),
  notebook: z.string(),
  installation: z.string(),
  flavour: z.string(),
  label: z.string(),
  startedAt: z.number(),
});
export type Record = z.infer<typeof Record>;

export function hostsFolder(stateFolder: string): string {
  return path.join(stateFolder, 'hosts');
}

/** Texts that are too big for a notebook and are linked from it. */
export function outputsFolder(stateFolder: string): string {
  return path.join(stateFolder, 'outputs');
}

/** Copies of this program, one for each version. */
export function programsFolder(stateFolder: string): string {
  return path.join(stateFolder, 'programs');
}

/** Where a host keeps what its executions showed. */
export function journalFolders(
  stateFolder: string,
  id: string,
): { readonly own: string; readonly outputs: string } {
  return {
    own: path.join(hostsFolder(stateFolder), `${id}.journal`),
    outputs: outputsFolder(stateFolder),
  };
}

export async function writeRecord(stateFolder: string, record: Record): Promise<void> {
  const folder = hostsFolder(stateFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${record.id}.json`);
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function removeRecord(stateFolder: string, id: string): Promise<void> {
  await rm(path.join(hostsFolder(stateFolder), `${id}.json`), { force: true });
}

/** Records of hosts that still run, oldest first; those of dead ones are removed on the way. */
export async function readRecords(stateFolder: string): Promise<readonly Record[]> {
  const names = await readdir(hostsFolder(stateFolder)).catch(() => []);
  const found: Record[] = [];
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const record = await readRecord(path.join(hostsFolder(stateFolder), name));
    if (!record) continue;
    if (isAlive(record)) found.push(record);
    else {
      await removeRecord(stateFolder, record.id);
      await rm(record.socket, { force: true });
    }
  }
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

async function readRecord(file: string): Promise<Record | undefined> {
  try {
    return Record.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Half written, foreign or just removed: not a host that we can attach to.
    return undefined;
  }
}

/**
 * A folder for sockets that only this user can enter, with a path short enough for a socket name (104 bytes on macOS).
 *
 * @throws when somebody else owns a folder of that name.
 */
export async function socketFolder(): Promise<string> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const name = `rootbook-${String(os.userInfo().uid)}`;
  const base = runtime !== undefined && runtime.length < 60 ? runtime : '/tmp';
  // Some sessions name a runtime folder that is not there.
  const folder = await makeFolder(path.join(base, name)).catch(() => makeFolder(path.join('/tmp', name)));
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== os.userInfo().uid)
    throw new Error(`${folder} belongs to somebody else`);
  await chmod(folder, 0o700);
  return folder;
}

async function makeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The folder of this process alone, named after it, so that it is known to be of no use when the process has ended. */
export async function ownFolder(): Promise<string> {
  const { pid, born = '0' } = ownName();
  return makeFolder(path.join(await socketFolder(), `${String(pid)}-${born}`));
}

/** A socket name nobody else uses. */
export async function newSocketPath(): Promise<string> {
  return path.join(await ownFolder(), randomBytes(4).toString('hex'));
}
