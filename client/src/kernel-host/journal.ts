import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { CellPlace, Execution } from '../kernels/execution.ts';
import type { Emission } from './backend.ts';
import { outputFile, type Said } from './journal-reader.ts';
import {
  type About,
  aboutFile,
  type Entry,
  type ExecutionFiles,
  filesOf,
  type Header,
} from './journal-format.ts';

/** Bytes of text and of everything else that are kept of a cell, and of both together that are kept of all cells. */
interface Limits {
  readonly text: number;
  readonly entries: number;
  readonly all: number;
}
const usualLimits: Limits = { text: 1024 ** 3, entries: 256 * 1024 ** 2, all: 4 * 1024 ** 3 };

/** Emissions that are few and small, and without which a cell cannot be rebuilt. */
const needed = new Set(['execute_input', 'execute_reply', 'error', 'rootbook_notice']);

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
  /** Why something is missing: the disk was full, or a limit was reached. */
  lost: string | undefined;
  saidLost: boolean;
  /** The disk was full: nothing more goes into the files. */
  isBroken: boolean;
  /** What is needed and could not be written. */
  readonly unwritten: Said[];
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
  readonly #limits: Limits;
  readonly #kept = new Map<string, Kept>();
  /** What ran last, remembered still or not. */
  #last: Kept | undefined;
  #count = 0;
  #bytes = 0;
  #saidLost = false;

  constructor(folders: JournalFolders, about: About, limits = usualLimits) {
    this.#folders = folders;
    this.#limits = limits;
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

  /** What comes after that, when the disk was full. */
  unwritten(id: string): readonly Said[] {
    return this.#kept.get(id)?.unwritten ?? [];
  }

  /** @throws when the disk is full. */
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
      lost: undefined,
      saidLost: false,
      isBroken: false,
      unwritten: [],
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
   * @returns what is to be told after it: where all of the text is, when that becomes more than a notebook should hold; once,
   * that not all is kept.
   */
  record(id: string, emission: Emission, at: number): readonly Emission[] {
    const kept = this.#kept.get(id);
    if (!kept) return [];
    if (emission.type === 'execute_input') this.#begin(kept);
    const { name, text } = emission.content;
    let file: string | undefined;
    if (emission.type === 'stream' && typeof text === 'string' && typeof name === 'string')
      file = this.#text(kept, name, text);
    else this.#entry(kept, { at, after: kept.textBytes, emission });
    const lost = this.#sayLost(kept, at);
    if (emission.type === 'execute_reply') this.#end(kept);
    return [...(file === undefined ? [] : [outputFile(file)]), ...(lost ? [lost] : [])];
  }

  /** Text of no cell, such as that of threads that print on: it is shown below the last cell that ran. */
  late(emission: Emission, at: number): void {
    const { name, text } = emission.content;
    if (emission.type !== 'stream' || typeof text !== 'string' || typeof name !== 'string') return;
    const last = this.#last;
    if (last?.execution.state !== 'done' || !this.#kept.has(last.execution.id)) return;
    this.#entry(last, { at, after: last.textBytes, late: { name, text } });
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
    this.#last = kept;
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
    const bytes = Buffer.from(text);
    if (before + bytes.length > this.#limits.text || this.#bytes + bytes.length > this.#limits.all) {
      kept.lost ??= 'it is more than 1 GB of text in a cell, or 4 GB in all cells';
      return undefined;
    }
    if (kept.stream !== name) {
      kept.stream = name;
      this.#entry(kept, { at: Date.now(), after: before, stream: name });
    }
    this.#write(kept, () => {
      if (!kept.descriptors) return;
      const file = (kept.descriptors.text ??= openSync(kept.files.text, 'a', 0o600));
      for (let at = 0; at < bytes.length;) {
        const written = writeSync(file, bytes, at);
        at += written;
        kept.textBytes += written;
        this.#bytes += written;
      }
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
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const isNeeded = 'emission' in entry && needed.has(entry.emission.type);
    if (kept.entryBytes + line.length > this.#limits.entries && !isNeeded) {
      kept.lost ??= 'it is more than 256 MB besides text';
      return;
    }
    const isWritten = this.#write(kept, () => {
      const written = kept.descriptors
        ? writeSync(kept.descriptors.entries, line)
        : (appendFileSync(kept.files.entries, line, { mode: 0o600 }), line.length);
      kept.entryBytes += written;
      this.#bytes += written;
      if (written < line.length) throw new Error('no space is left on the disk');
    });
    if (!isWritten && isNeeded) kept.unwritten.push({ emission: entry.emission, at: entry.at });
  }

  /** A full disk costs the memory of outputs, never the cell. @returns whether it was written. */
  #write(kept: Kept, write: () => void): boolean {
    if (kept.isBroken) return false;
    try {
      write();
      return true;
    } catch (error) {
      kept.isBroken = true;
      kept.lost ??= error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  /** Says in the cell that not all of its output is there when it is given back. @returns what to say now, once. */
  #sayLost(kept: Kept, at: number): Emission | undefined {
    const { lost, execution, textBytes } = kept;
    if (lost === undefined || kept.saidLost || !execution.ran) return undefined;
    kept.saidLost = true;
    const text = `Not all of this output can be kept for a reload of the window: ${lost}. The cell goes on.`;
    const emission = { channel: 'iopub', type: 'rootbook_notice', content: { text, action: null } } as const;
    this.#entry(kept, { at, after: textBytes, emission });
    const isFirst = !this.#saidLost;
    this.#saidLost = true;
    return isFirst ? emission : undefined;
  }

  #forget(kept: Kept): void {
    this.#kept.delete(kept.execution.id);
    this.#bytes -= kept.entryBytes + kept.textBytes;
    rmSync(kept.files.entries, { force: true });
    // A text that was moved out is linked from the notebook.
    if (path.dirname(kept.files.text) === this.#folders.own) rmSync(kept.files.text, { force: true });
  }
}
