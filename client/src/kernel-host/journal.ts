import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { CellPlace, Execution } from '../kernels/execution.ts';
import type { Emission } from './backend.ts';
import {
  type About,
  aboutFile,
  type Entry,
  type ExecutionFiles,
  filesOf,
  type Header,
} from './journal-format.ts';

/** Bytes of all text of a cell that are kept. */
const maxTextBytes = 1024 ** 3;
/** Bytes of everything else that a cell shows. */
const maxEntryBytes = 256 * 1024 ** 2;

export interface JournalFolders {
  /** Of this host alone; made here, owner-only. */
  readonly own: string;
  /** Where texts go that are too big for a notebook, and stay when the host ends. */
  readonly outputs: string;
}

interface Kept {
  readonly execution: Execution;
  readonly files: ExecutionFiles;
  entryBytes: number;
  textBytes: number;
  stream: string | undefined;
  descriptors: { readonly entries: number; text: number | undefined } | undefined;
  /** The disk was full, or a limit was reached. */
  incomplete: boolean;
}

/**
 * Everything that executions show, on disk at once: what was taken in is there whatever is killed afterwards.
 *
 * Text goes as it is into one file, everything else as lines into another, which also say where in the text they belong.
 * An execution is forgotten when the notebook was saved with it, or when its cell runs again.
 */
export class Journal {
  readonly #folders: JournalFolders;
  readonly #headBytes: number;
  readonly #kept = new Map<string, Kept>();
  #count = 0;
  #saidFull = false;
  /** The disk takes no more; called once. */
  onFull: (reason: string) => void = () => undefined;

  constructor(folders: JournalFolders, about: About) {
    this.#folders = folders;
    this.#headBytes = about.headBytes;
    mkdirSync(folders.own, { recursive: true, mode: 0o700 });
    this.describe(about);
  }

  get executions(): readonly Execution[] {
    return [...this.#kept.values()].map(({ execution }) => execution);
  }

  /** Where an execution is written, and how far. */
  filesOf(id: string): ExecutionFiles | undefined {
    return this.#kept.get(id)?.files;
  }

  describe(about: About): void {
    writeFileSync(aboutFile(this.#folders.own), JSON.stringify(about), { mode: 0o600 });
  }

  queued(id: string, place: CellPlace): void {
    const files = filesOf(this.#folders.own, ++this.#count);
    const execution: Execution = { id, place, state: 'queued', ran: false };
    const kept: Kept = {
      execution,
      files,
      entryBytes: 0,
      textBytes: 0,
      stream: undefined,
      descriptors: undefined,
      incomplete: false,
    };
    this.#kept.set(id, kept);
    const header: Header = { id, place };
    this.#write(kept, () => {
      writeFileSync(files.entries, `${JSON.stringify(header)}\n`, { mode: 0o600 });
    });
  }

  /**
   * Takes in what belongs to an execution, before anybody is told.
   *
   * @returns a file with all of the text, at the moment in which the text becomes more than a notebook should hold.
   */
  record(id: string, emission: Emission, at: number): string | undefined {
    const kept = this.#kept.get(id);
    if (!kept) return undefined;
    if (emission.type === 'execute_input') this.#begin(kept);
    const { name, text } = emission.content;
    if (emission.type === 'stream' && typeof text === 'string' && typeof name === 'string') {
      return this.#text(kept, name, text);
    }
    this.#entry(kept, { at, after: kept.textBytes, emission });
    if (emission.type === 'execute_reply') this.#end(kept);
    return undefined;
  }

  /** The notebook holds the outputs of these, as far as they are over. */
  saved(ids: readonly string[]): void {
    for (const id of ids) {
      const kept = this.#kept.get(id);
      if (kept?.execution.state === 'done') this.#forget(kept);
    }
  }

  /** Nothing is left to give back. */
  remove(): void {
    for (const kept of [...this.#kept.values()]) this.#forget(kept);
    rmSync(this.#folders.own, { recursive: true, force: true });
  }

  #begin(kept: Kept): void {
    const { cellId } = kept.execution.place;
    for (const other of [...this.#kept.values()]) {
      if (other.execution.state === 'done' && other.execution.place.cellId === cellId) this.#forget(other);
    }
    this.#update(kept, { state: 'running', ran: true });
    this.#write(kept, () => {
      kept.descriptors = { entries: openSync(kept.files.entries, 'a', 0o600), text: undefined };
    });
  }

  #end(kept: Kept): void {
    this.#update(kept, { state: 'done' });
    // It was taken out of the queue: it shows nothing, also to a window that never hears of that.
    if (!kept.execution.ran) this.#forget(kept);
    const { descriptors } = kept;
    kept.descriptors = undefined;
    if (!descriptors) return;
    closeSync(descriptors.entries);
    if (descriptors.text !== undefined) closeSync(descriptors.text);
  }

  #update(kept: Kept, change: Partial<Execution>): void {
    Object.assign(kept.execution, change);
  }

  #text(kept: Kept, name: string, text: string): string | undefined {
    const before = kept.textBytes;
    if (before >= maxTextBytes) return undefined;
    if (kept.stream !== name) {
      kept.stream = name;
      this.#entry(kept, { at: Date.now(), after: before, stream: name });
    }
    this.#write(kept, () => {
      if (!kept.descriptors) return;
      kept.descriptors.text ??= openSync(kept.files.text, 'a', 0o600);
      kept.textBytes += writeSync(kept.descriptors.text, text);
    });
    return before <= this.#headBytes && kept.textBytes > this.#headBytes ? this.#moveOut(kept) : undefined;
  }

  /** The text becomes a file of its own, which outlives journal and host. */
  #moveOut(kept: Kept): string | undefined {
    const file = path.join(
      this.#folders.outputs,
      `${path.basename(this.#folders.own, '.journal')}-${path.basename(kept.files.text)}`,
    );
    let moved: string | undefined;
    this.#write(kept, () => {
      mkdirSync(this.#folders.outputs, { recursive: true, mode: 0o700 });
      renameSync(kept.files.text, file);
      kept.files.text = file;
      moved = file;
    });
    if (moved !== undefined) this.#entry(kept, { at: Date.now(), after: kept.textBytes, text: file });
    return moved;
  }

  #entry(kept: Kept, entry: Entry): void {
    const line = `${JSON.stringify(entry)}\n`;
    if (kept.entryBytes + line.length > maxEntryBytes && !isLast(entry)) return;
    this.#write(kept, () => {
      if (kept.descriptors) kept.entryBytes += writeSync(kept.descriptors.entries, line);
      else writeFileSync(kept.files.entries, line, { flag: 'a' });
    });
  }

  /** A full disk costs the memory of outputs, never the cell. */
  #write(kept: Kept, write: () => void): void {
    if (kept.incomplete) return;
    try {
      write();
    } catch (error) {
      kept.incomplete = true;
      if (this.#saidFull) return;
      this.#saidFull = true;
      this.onFull(error instanceof Error ? error.message : String(error));
    }
  }

  #forget(kept: Kept): void {
    this.#kept.delete(kept.execution.id);
    rmSync(kept.files.entries, { force: true });
    // A text that was moved out is linked from the notebook.
    if (path.dirname(kept.files.text) === this.#folders.own) rmSync(kept.files.text, { force: true });
  }
}

function isLast(entry: Entry): boolean {
  return 'emission' in entry && entry.emission.type === 'execute_reply';
}
