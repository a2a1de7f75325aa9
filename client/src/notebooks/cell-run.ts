import { UserError } from '../base/errors.ts';
import type { CellEvent, NoticeAction, Problem } from '../kernels/cell-events.ts';
import type { MimeBundle } from '../kernels/messages.ts';
import type { CellRequest, Session } from '../kernels/session.ts';
import { CellOutputs, type OutputChange } from './outputs.ts';

/** Where a running cell shows itself. */
export interface CellView {
  start(count: number | undefined): void;
  /** Never rejects. Awaited only before further changes while the cell runs, so that a slow editor is not flooded. */
  change(changes: readonly OutputChange[]): Promise<void>;
  /** A display with this id changed; other cells may show it as well. */
  updateElsewhere(displayId: string, data: MimeBundle, metadata: Readonly<Record<string, unknown>>): void;
  problems(problems: readonly Problem[]): void;
  notice(action: NoticeAction): void;
  /** @returns nothing when the user does not answer. */
  ask(prompt: string, password: boolean, signal: AbortSignal): Promise<string | undefined>;
  end(how: CellEnd): void;
}

export type CellEnd = 'ok' | 'failed' | 'notRun';

/** First output soon, later ones together, and a replaced tail of runaway text seldom. */
const firstMilliseconds = 15;
const nextMilliseconds = 60;
const overflowMilliseconds = 1000;

/**
 * Runs one cell and shows what happens until it is done. Never throws: a lost connection ends the cell as failed.
 */
export async function runCell(
  session: Session,
  request: CellRequest,
  view: CellView,
  maxMegabytes: number,
  signal: AbortSignal,
): Promise<CellEnd> {
  const outputs = new CellOutputs(maxMegabytes);
  const flusher = new Flusher(outputs, view);
  const asking = new AbortController();
  let end: CellEnd = 'failed';
  try {
    for await (const event of session.execute(request, signal)) {
      if (event.kind === 'started') view.start(event.count);
      if (event.kind === 'done') end = toEnd(event.status);
      showBeside(event, view, asking.signal, () => void session.interrupt());
      outputs.apply(event);
      flusher.soon();
    }
  } catch (caught) {
    // Without its kernel a cell can only say so; what it printed stays.
    const isExpected = caught instanceof UserError;
    const message = caught instanceof Error ? caught.message : String(caught);
    if (!signal.aborted) {
      const name = isExpected ? 'Connection lost' : 'Internal error';
      view.start(undefined);
      outputs.apply({ kind: 'error', name, message, traceback: [`${name}: ${message}`], problems: [] });
    }
  }
  asking.abort();
  flusher.last();
  view.end(end);
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

  last(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const changes = this.#outputs.takeChanges();
    if (changes.length > 0) void this.#view.change(changes);
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const changes = this.#outputs.takeChanges();
    this.#wait = this.#outputs.overflows ? overflowMilliseconds : nextMilliseconds;
    if (changes.length === 0) return;
    this.#isBusy = true;
    await this.#view.change(changes);
    this.#isBusy = false;
    this.soon();
  }
}
