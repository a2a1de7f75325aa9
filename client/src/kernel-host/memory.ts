import { readdir, readFile } from 'node:fs/promises';
import type { Processes } from './backend.ts';

/** Bytes that the processes of a kernel take. */
export interface Memory {
  readonly memory: number;
  readonly checkpointMemory: number;
}

interface Use {
  /** Pages that several processes have counted in parts, so that a sum counts them once. */
  readonly share: number;
  /** The same, of pages that come from no file. */
  readonly ownShare: number;
  /** Pages of no file, each counted whole. */
  readonly own: number;
  /** Pages that no other process has, and that come from no file. */
  readonly alone: number;
}

const none: Use = { share: 0, ownShare: 0, own: 0, alone: 0 };

/**
 * What all descendants of this process take; `undefined` where the system does not say, as on macOS.
 *
 * What only checkpoints hold are the pages of the whole family without those of `main`, and without those that its other
 * members have for themselves.
 */
export async function measure({ main, checkpoints }: Processes): Promise<Memory | undefined> {
  const pids = await descendants(process.pid);
  const uses = new Map<number, Use>();
  for (const pid of pids) {
    const use = await useOf(pid);
    if (use) uses.set(pid, use);
  }
  if (uses.size === 0) return undefined;
  const sum = (count: (use: Use) => number): number =>
    [...uses.values()].reduce((total, use) => total + count(use), 0);
  const others = [...uses].filter(([pid]) => pid !== main && !checkpoints.includes(pid));
  const elsewhere = others.reduce((total, [, { alone }]) => total + alone, 0);
  const only = sum(({ ownShare }) => ownShare) - (uses.get(main ?? 0) ?? none).own - elsewhere;
  return {
    memory: sum(({ share }) => share),
    checkpointMemory: checkpoints.some((pid) => uses.has(pid)) ? Math.max(0, only) : 0,
  };
}

async function descendants(ancestor: number): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const children = new Map<number, number[]>();
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const parent = await parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [...(children.get(ancestor) ?? [])];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may hold anything.
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

async function useOf(pid: number): Promise<Use | undefined> {
  const text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const bytes = (name: string): number =>
    Number(new RegExp(String.raw`^${name}: +(\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return {
    share: bytes('Pss'),
    ownShare: bytes('Pss_Anon'),
    own: bytes('Anonymous'),
    alone: bytes('Private_Dirty'),
  };
}
