import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CellEvent } from '../kernels/cell-events.ts';
import type { Execution } from '../kernels/execution.ts';
import { toCellEvent } from '../kernels/to-cell-event.ts';
import { type About, aboutFile, type ExecutionFiles, readAbout } from './journal-format.ts';
import { readExecution, summarize } from './journal-reader.ts';
import { isAlive } from './processes.ts';
import { hostsFolder, journalFolders } from './records.ts';

/** What a kernel that is gone left behind: outputs that are not known to be saved. */
export interface Remains {
  /** Of the kernel host that is gone. */
  readonly id: string;
  readonly notebook: string;
  readonly label: string;
  /** Worded for the user: why the kernel is gone. */
  readonly reason: string;
  readonly executions: readonly Execution[];
  /** As `Session.follow`; a run that was not over ends as `error`. */
  follow(id: string, signal: AbortSignal): AsyncIterable<CellEvent>;
  /** The notebook was saved with the outputs of these. */
  saved(ids: readonly string[]): Promise<void>;
  /** They are not wanted. */
  discard(): Promise<void>;
}

const killed = 'It was killed, or the machine was restarted.';
const suffix = '.journal';

interface Found {
  readonly id: string;
  readonly folder: string;
  readonly about: About;
}

/** The journals of hosts that do not run, of one notebook or of all, oldest first. */
export async function readRemains(
  stateFolder: string,
  notebook: string | undefined,
): Promise<readonly Remains[]> {
  const found = (await findJournals(stateFolder)).filter(
    ({ about }) => (notebook === undefined || about.notebook === notebook) && !isAlive(about),
  );
  const all = await Promise.all(found.map((each) => toRemains(stateFolder, each)));
  return all.toSorted((a, b) => a.startedAt - b.startedAt).map(({ remains }) => remains);
}

/** @param renamed the new URI of a notebook, if it has one. */
export async function renameRemains(
  stateFolder: string,
  renamed: (notebook: string) => string | undefined,
): Promise<void> {
  for (const { folder, about } of await findJournals(stateFolder)) {
    const notebook = renamed(about.notebook);
    if (notebook === undefined) continue;
    await writeFile(aboutFile(folder), JSON.stringify({ ...about, notebook }), { mode: 0o600 });
  }
}

async function findJournals(stateFolder: string): Promise<readonly Found[]> {
  const names = await readdir(hostsFolder(stateFolder)).catch(() => []);
  const found: Found[] = [];
  for (const name of names.filter((each) => each.endsWith(suffix))) {
    const folder = path.join(hostsFolder(stateFolder), name);
    const about = await readAbout(folder);
    if (about) found.push({ id: name.slice(0, -suffix.length), folder, about });
  }
  return found;
}

async function toRemains(
  stateFolder: string,
  { id, folder, about }: Found,
): Promise<{ readonly remains: Remains; readonly startedAt: number }> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const all = names.flatMap((name) => {
    const files = locate(stateFolder, id, folder, path.basename(name, '.jsonl'));
    const execution = summarize(files.entries);
    return execution?.ran === true ? [{ execution, files }] : [];
  });
  const reason = about.ended ?? killed;
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const remains: Remains = {
    id,
    notebook: about.notebook,
    label: about.label,
    reason,
    executions: all.map(({ execution }) => execution),
    follow(wanted, signal) {
      const files = all.find(({ execution }) => execution.id === wanted)?.files;
      return replay(files, about.headBytes, reason, signal);
    },
    async saved(ids) {
      const saved = all.filter(({ execution }) => ids.includes(execution.id));
      if (saved.length === 0) return;
      if (saved.length === all.length) return discard();
      for (const { files } of saved) await rm(files.entries, { force: true });
    },
    discard,
  };
  return { remains, startedAt: about.startedAt };
}

/** A big text lies where it outlives the journal. */
function locate(stateFolder: string, id: string, folder: string, name: string): ExecutionFiles {
  const moved = path.join(journalFolders(stateFolder, id).outputs, `${id}-${name}.txt`);
  const text = existsSync(moved) ? moved : path.join(folder, `${name}.txt`);
  return { entries: path.join(folder, `${name}.jsonl`), text };
}

async function* replay(
  files: ExecutionFiles | undefined,
  headBytes: number,
  reason: string,
  signal: AbortSignal,
): AsyncGenerator<CellEvent, void, undefined> {
  let isOver = false;
  if (files) {
    for (const { emission, at } of readExecution(files, headBytes)) {
      signal.throwIfAborted();
      // Lets the editor draw.
      await Promise.resolve();
      const time = at === undefined ? {} : { at };
      const event = toCellEvent({ ...emission, id: '', ...time }, () => undefined);
      if (event) yield event;
      isOver ||= event?.kind === 'done';
    }
  }
  if (isOver) return;
  const message = `The kernel is gone. ${reason}`;
  yield { kind: 'error', name: 'KernelDied', message, traceback: [`KernelDied: ${message}`], problems: [] };
  yield { kind: 'done', status: 'error', count: undefined, at: undefined };
}
