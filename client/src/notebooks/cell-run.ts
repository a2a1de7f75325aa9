import { UserError } from '../base/errors.ts';
import type { CellEvent, NoticeAction, Problem } from '../kernels/cell-events.ts';
import type { MimeBundle } from '../kernels/messages.ts';
import { TakenOver } from '../kernels/session.ts';
import { CellOutputs, type OutputChange } from './outputs.ts';

/** Where a running cell shows itself. */
export interface CellView {
  /** @param at when it began, in milliseconds since the epoch; `undefined`: now. */
  start(count: number | undefined, at: number | undefined): void;
  /** Never rejects. Awaited only before further changes while the cell runs, so that a slow editor is not flooded. */
  change(changes: readonly OutputChange[]): Promise<void>;
  /** A display with this id changed; other cells may show it as well. */
  updateElsewhere(displayId: string, data: MimeBundle, metadata: Readonly<Record<string, unknown>>): void;
  problems(problems: readonly Problem[]): void;
  notice(action: NoticeAction): void;
  /** All text of the cell is in this file. */
  outputFile(file: string): void;
  /** @returns nothing when the user does not answer. */
  ask(prompt: string, password: boolean, signal: AbortSignal): Promise<string | undefined>;
  end(how: CellEnd, at: number | undefined): void;
}

/** `elsewhere`: it goes on, but another window is told. */
export type CellEnd = 'ok' | 'failed' | 'notRun' | 'elsewhere';

/** First output soon, later ones together, and a replaced tail of runaway text seldom. */
const firstMilliseconds = 15;
const nextMilliseconds = 60;
const overflowMilliseconds = 1000;

/**
 * Shows what happens to a cell until it is done and all of it is shown. Never throws: a lost connection ends the cell as failed.
 *
 * @param events of a session's `execute` or `follow`.
 * @param interrupt is called when the user does not want to answer a question.
 */
export async function showCell(
  events: AsyncIterable<CellEvent>,
  interrupt: () => void,
  view: CellView,
  maxMegabytes: number,
  signal: AbortSignal,
): Promise<CellEnd> {
  const outputs = new CellOutputs(maxMegabytes);
  const flusher = new Flusher(outputs, view);
  const asking = new AbortController();
  let end: CellEnd = 'failed';
  let at: number | undefined;
  try {
    for await (const event of events) {
      if (event.kind === 'started') view.start(event.count, event.at);
      if (event.kind === 'done') [end, at] = [toEnd(event.status), event.at];
      showBeside(event, view, asking.signal, interrupt);
      outputs.apply(event);
      flusher.soon();
    }
  } catch (caught) {
    // Without its kernel a cell can only say so; what it printed stays.
    const isExpected = caught instanceof UserError;
    const message = caught instanceof Error ? caught.message : String(caught);
    if (caught instanceof TakenOver) end = 'elsewhere';
    else if (!signal.aborted) {
      const name = isExpected ? 'Connection lost' : 'Internal error';
      view.start(undefined, undefined);
      outputs.apply({ kind: 'error', name, message, traceback: [`${name}: ${message}`], problems: [] });
    }
  }
  asking.abort();
  const shown = flusher.last();
  view.end(end, at);
  await shown;
  return end;
}

function toEnd(status: 'ok' | 'error' | 'aborted'): CellEnd {
  return status === 'ok' ? 'ok' : status === 'error' ? 'failed' : 'notRun';
}

/** What an event means besides an output of this cell. */
function showBeside(event: CellEvent, view: CellView, asking: AbortSignal, interrupt: () => void): void {
  if (event.kind === 'error' && event.problems.length > 0) view.problems(event.problems);
  if (event.kind === 'notice' && event.action) view.notice(event.action);
  if (event.kind === 'update' && event.displayId !== undefined) {
    view.updateElsewhere(event.displayId, event.data, event.metadata);
  }
  if (event.kind === 'outputFile') view.outputFile(event.file);
  if (event.kind === 'input') {
    void view.ask(event.prompt, event.password, asking).then((text) => {
      if (text !== undefined) event.reply(text);
      else if (!asking.aborted) interrupt();
    });
  }
}

/** Gathers changes for some milliseconds, since each costs the editor about as much as all of them together. */
class Flusher {
  readonly #outputs: CellOutputs;
  readonly #view: CellView;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when the editor has all that was flushed. */
  #shown = Promise.resolve();
  #isBusy = false;
  #isOver = false;
  #wait = firstMilliseconds;

  constructor(outputs: CellOutputs, view: CellView) {
    this.#outputs = outputs;
    this.#view = view;
  }

  soon(): void {
    if (this.#timer !== undefined || this.#isBusy || this.#isOver) return;
    this.#timer = setTimeout(() => void this.#flush(), this.#wait);
  }

  last(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const changes = this.#outputs.takeChanges();
    if (changes.length > 0) this.#shown = this.#view.change(changes);
    return this.#shown;
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const changes = this.#outputs.takeChanges();
    this.#wait = this.#outputs.overflows ? overflowMilliseconds : nextMilliseconds;
    if (changes.length === 0) return;
    this.#isBusy = true;
    this.#shown = this.#view.change(changes);
    await this.#shown;
    this.#isBusy = false;
    this.soon();
  }
}
