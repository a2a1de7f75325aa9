import type { CellEvent } from '../kernels/cell-events.ts';
import type { MimeBundle } from '../kernels/messages.ts';

/** One output of a cell, as a notebook keeps it. A notice of ours is a display with Markdown. */
export type CellOutput =
  | { readonly kind: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | {
      readonly kind: 'display' | 'result';
      readonly data: MimeBundle;
      readonly metadata: Readonly<Record<string, unknown>>;
      readonly displayId: string | undefined;
      /** Execution count, of a result. */
      readonly count: number | undefined;
    }
  | Extract<CellEvent, { kind: 'error' }>;

/** What to do to outputs shown before, in this order. Indices count what is shown after the changes before. */
export type OutputChange =
  | { readonly kind: 'clear' }
  | { readonly kind: 'replace'; readonly index: number; readonly output: CellOutput }
  /** More text of a stream. */
  | { readonly kind: 'extend'; readonly index: number; readonly output: CellOutput & { kind: 'stream' } }
  | { readonly kind: 'append'; readonly outputs: readonly CellOutput[] };

type Display = CellOutput & { kind: 'display' | 'result' };

/** Characters of runaway text that are kept from its end. */
const tailCharacters = 64 * 1024;
/** Plots are worth more than text: so many times the text limit may be displays. */
const displayShare = 10;
const maxOutputs = 2000;
/** Characters of a line that is cut where it must be. */
const longLine = 1024;

interface Overflow {
  readonly index: number;
  tail: string;
  leftOut: number;
  displays: number;
}

/**
 * The outputs of one cell that runs: events in, outputs and the changes since the last look out.
 *
 * Bounded: of text beyond the limit, only the end is kept, and the gap says how much is missing.
 */
export class CellOutputs {
  #outputs: CellOutput[] = [];
  readonly #maxCharacters: number;
  #count: number | undefined;
  #clearOnNext = false;
  #textSize = 0;
  /** Whether the last text ends with a carriage return. Asking the text would cost as much as copying it. */
  #hasReturned = false;
  #displaySize = 0;
  #overflow: Overflow | undefined;
  #cleared = false;
  #shown = 0;
  #replaced = new Set<number>();
  #more = new Map<number, string>();

  /** @param maxMegabytes of text that is kept from the start of a cell's output. */
  constructor(maxMegabytes: number) {
    this.#maxCharacters = maxMegabytes * 1e6;
  }

  /** Everything the cell shows now. */
  get outputs(): readonly CellOutput[] {
    this.#renderOverflow();
    return this.#outputs;
  }

  /** Whether text is being left out: then each look costs a replaced output, so look seldom. */
  get overflows(): boolean {
    return this.#overflow !== undefined;
  }

  /** Takes one event; those that are no output change nothing. */
  apply(event: CellEvent): void {
    switch (event.kind) {
      case 'started':
        this.#count = event.count;
        return;
      case 'stream':
        this.#beforeOutput();
        this.#stream(event.name, event.text);
        return;
      case 'display':
      case 'result': {
        const { kind, data, metadata, displayId } = event;
        const count = kind === 'result' ? this.#count : undefined;
        this.#beforeOutput();
        this.#display({ kind, data, metadata, displayId, count });
        return;
      }
      case 'update':
        if (event.displayId !== undefined) this.update(event.displayId, event.data, event.metadata);
        return;
      case 'error': {
        this.#beforeOutput();
        this.#outputs.push(event);
        return;
      }
      case 'notice':
        this.#beforeOutput();
        this.#outputs.push(toNotice(event.text));
        return;
      case 'clear':
        if (event.wait) this.#clearOnNext = true;
        else this.#clear();
        return;
      case 'leftOut':
        this.#startOverflow().leftOut += event.characters;
        return;
      case 'outputFile':
      case 'input':
      case 'done':
        return;
    }
  }

  /** Replaces displays with this id, which may have been asked for by another cell. @returns whether there are any. */
  update(displayId: string, data: MimeBundle, metadata: Readonly<Record<string, unknown>>): boolean {
    let found = false;
    for (const [index, output] of this.#outputs.entries()) {
      if (output.kind !== 'display' && output.kind !== 'result') continue;
      if (output.displayId !== displayId) continue;
      found = true;
      this.#displaySize += sizeOf(data) - sizeOf(output.data);
      this.#outputs[index] = { ...output, data, metadata };
      if (index < this.#shown) this.#replaced.add(index);
    }
    return found;
  }

  /** What changed since the last call. */
  takeChanges(): readonly OutputChange[] {
    this.#renderOverflow();
    const changes: OutputChange[] = this.#cleared ? [{ kind: 'clear' }] : [];
    for (const index of this.#replaced) {
      const output = this.#outputs[index];
      if (output) changes.push({ kind: 'replace', index, output });
    }
    for (const [index, text] of this.#more) {
      const output = this.#outputs[index];
      if (output?.kind !== 'stream' || this.#replaced.has(index)) continue;
      changes.push({ kind: 'extend', index, output: { ...output, text } });
    }
    const outputs = this.#outputs.slice(this.#shown);
    if (outputs.length > 0) changes.push({ kind: 'append', outputs });
    this.#shown = this.#outputs.length;
    this.#cleared = false;
    this.#replaced = new Set();
    this.#more = new Map();
    return changes;
  }

  #beforeOutput(): void {
    if (this.#clearOnNext) this.#clear();
  }

  #clear(): void {
    this.#clearOnNext = false;
    this.#outputs = [];
    this.#cleared ||= this.#shown > 0;
    this.#shown = 0;
    this.#replaced = new Set();
    this.#more = new Map();
    this.#overflow = undefined;
    this.#textSize = 0;
    this.#displaySize = 0;
  }

  #stream(name: 'stdout' | 'stderr', text: string): void {
    const room = this.#maxCharacters - this.#textSize;
    if (text.length > room || this.#overflow || this.#outputs.length >= maxOutputs) {
      const kept = this.#overflow ? 0 : lineEnd(text, Math.max(0, room));
      if (kept > 0) this.#appendText(name, text.slice(0, kept));
      this.#leaveOut(text.slice(kept));
    } else {
      this.#appendText(name, text);
    }
  }

  #appendText(name: 'stdout' | 'stderr', text: string): void {
    const index = this.#outputs.length - 1;
    const last = this.#outputs[index];
    const isMore = last?.kind === 'stream' && last.name === name;
    const before = isMore ? last.text : '';
    const goesBack = text.includes('\r') || (isMore && this.#hasReturned);
    const shown = goesBack ? overwrite(before, text) : before + text;
    this.#hasReturned = text.endsWith('\r');
    this.#textSize += shown.length - before.length;
    if (!isMore) {
      this.#outputs.push({ kind: 'stream', name, text: shown });
      return;
    }
    this.#outputs[index] = { ...last, text: shown };
    // The editor overwrites by itself.
    if (index < this.#shown) this.#more.set(index, (this.#more.get(index) ?? '') + text);
  }

  #display(output: Display): void {
    const size = sizeOf(output.data);
    const isFull = this.#displaySize + size > this.#maxCharacters * displayShare;
    if (isFull || this.#outputs.length >= maxOutputs) {
      this.#startOverflow().displays += 1;
      return;
    }
    this.#displaySize += size;
    this.#outputs.push(output);
  }

  #leaveOut(text: string): void {
    const overflow = this.#startOverflow();
    overflow.tail += text;
    // Cutting copies the whole tail, so it is done seldom.
    if (overflow.tail.length > 4 * tailCharacters) cutTail(overflow);
  }

  #startOverflow(): Overflow {
    if (!this.#overflow) {
      this.#overflow = { index: this.#outputs.length, tail: '', leftOut: 0, displays: 0 };
      this.#outputs.push({ kind: 'stream', name: 'stdout', text: '' });
    }
    return this.#overflow;
  }

  #renderOverflow(): void {
    if (!this.#overflow) return;
    cutTail(this.#overflow);
    const { index, tail, leftOut, displays } = this.#overflow;
    const parts = [
      ...(leftOut > 0 ? [`${(leftOut / 1e6).toFixed(1)} MB of text`] : []),
      ...(displays > 0 ? [`${String(displays)} displays`] : []),
    ];
    const gap = parts.length > 0 ? `\n[... ${parts.join(' and ')} left out ...]\n` : '';
    const text = gap + tail;
    const before = this.#outputs[index];
    if (before?.kind === 'stream' && before.text === text) return;
    this.#outputs[index] = { kind: 'stream', name: 'stdout', text };
    if (index < this.#shown) this.#replaced.add(index);
  }
}

/** The end of the last line that is over before this place; the place itself when lines are very long. */
function lineEnd(text: string, place: number): number {
  const end = text.lastIndexOf('\n', place - 1) + 1;
  return place > 0 && place - end < longLine ? end : place;
}

function cutTail(overflow: Overflow): void {
  const over = overflow.tail.length - tailCharacters;
  if (over <= 0) return;
  // From the start of a line, unless lines are very long.
  const line = overflow.tail.indexOf('\n', over - 1) + 1;
  const cut = line > 0 && line - over < longLine ? line : over;
  overflow.leftOut += cut;
  overflow.tail = overflow.tail.slice(cut);
}

/**
 * Text and what is printed after it. What a carriage return goes back over is gone, as in a terminal: a progress bar is one line
 * and not hundreds.
 */
function overwrite(before: string, text: string): string {
  const start = before.lastIndexOf('\n') + 1;
  const lines = (before.slice(start) + text).split(/(?<=\n)/);
  return before.slice(0, start) + lines.map(overwriteLine).join('');
}

/** @param line with its end. A return at its end goes back over nothing yet. */
function overwriteLine(line: string): string {
  let end = line.endsWith('\n') ? line.length - 1 : line.length;
  while (line[end - 1] === '\r') end -= 1;
  const parts = line.slice(0, end).split('\r');
  return parts.reduce((under, over) => over + under.slice(over.length)) + line.slice(end);
}

/** Our own remark, as an output that every notebook viewer can show. */
function toNotice(text: string): CellOutput {
  const data = { 'text/markdown': text, 'text/plain': text };
  return { kind: 'display', data, metadata: {}, displayId: undefined, count: undefined };
}

function sizeOf(data: MimeBundle): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : JSON.stringify(value).length),
    0,
  );
}
