import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { readAbout } from './journal-format.ts';
import { isAlive } from './processes.ts';
import { hostsFolder, outputsFolder, programsFolder, readRecords, socketFolder } from './records.ts';

const day = 24 * 3600 * 1000;

/** What may stay of things that nobody is known to need any more. */
interface Allowance {
  readonly days: number;
  readonly bytes: number;
}

const journals: Allowance = { days: 30, bytes: 4 * 1024 ** 3 };
/** Linked from notebooks. */
const outputs: Allowance = { days: 90, bytes: 8 * 1024 ** 3 };
/** A file that is just being made looks like one that was left. */
const rest: Allowance = { days: 1, bytes: Number.POSITIVE_INFINITY };

interface Thing {
  readonly file: string;
  readonly bytes: number;
  readonly changedAt: number;
}

/** Removes what hosts that ended left behind, and what is too old or too much of what may still be wanted. */
export async function sweep(stateFolder: string): Promise<void> {
  const running = await readRecords(stateFolder);
  const ids = new Set(running.map(({ id }) => id));
  const isOfRunning = (name: string): boolean => ids.has(name.split(/[.-]/)[0] ?? '');
  const hosts = await things(hostsFolder(stateFolder), (name) => !isOfRunning(name));
  const left: Thing[] = [];
  for (const thing of hosts.filter(({ file }) => file.endsWith('.journal'))) {
    const about = await readAbout(thing.file);
    if (!about || !isAlive(about)) left.push(thing);
  }
  await drop(left, journals);
  await drop(
    hosts.filter(({ file }) => /\.(log|start|new)$/.test(file)),
    rest,
  );
  await drop(await things(outputsFolder(stateFolder), (name) => !isOfRunning(name)), outputs);
  await sweepPrograms(stateFolder, running);
  await sweepSockets();
}

/** Copies of this program; a host of an older version does not say which one it runs from. */
async function sweepPrograms(
  stateFolder: string,
  running: readonly { readonly program?: string | undefined }[],
): Promise<void> {
  if (running.some(({ program }) => program === undefined)) return;
  const used = new Set(running.map(({ program }) => path.basename(program ?? '')));
  await drop(await things(programsFolder(stateFolder), (name) => !used.has(name)), rest);
}

/** Folders with sockets carry the name of the process that made them. */
async function sweepSockets(): Promise<void> {
  const folder = await socketFolder();
  for (const name of await readdir(folder)) {
    const [, pid, born] = /^(\d+)-(\w+)$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive({ pid: Number(pid), born: born === '0' ? undefined : born }))
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

async function things(folder: string, isWanted: (name: string) => boolean): Promise<readonly Thing[]> {
  const names = (await readdir(folder).catch(() => [])).filter(isWanted);
  const found = await Promise.all(names.map((name) => thingAt(path.join(folder, name)).catch(() => [])));
  return found.flat();
}

async function thingAt(file: string): Promise<Thing[]> {
  const { size, mtimeMs } = await stat(file);
  const inside = await readdir(file).catch(() => []);
  const files = await Promise.all(inside.map((name) => stat(path.join(file, name)).catch(() => undefined)));
  const bytes = files.reduce((sum, each) => sum + (each?.size ?? 0), size);
  return [{ file, bytes, changedAt: Math.max(mtimeMs, ...files.map((each) => each?.mtimeMs ?? 0)) }];
}

/** Removes what is too old, then the oldest until the others are few enough. */
async function drop(all: readonly Thing[], { days, bytes }: Allowance): Promise<void> {
  let kept = 0;
  for (const thing of all.toSorted((a, b) => b.changedAt - a.changedAt)) {
    kept += thing.bytes;
    if (kept > bytes || Date.now() - thing.changedAt > days * day)
      await rm(thing.file, { recursive: true, force: true });
  }
}
