import * as vscode from 'vscode';
import type { Log } from '../base/log.ts';
import type { NoticeAction, Problem } from '../kernels/cell-events.ts';
import type { MimeBundle } from '../kernels/messages.ts';
import type { CellMarks } from './cell-marks.vscode.ts';
import type { CellEnd, CellView } from './cell-run.ts';
import type { CellProblems } from './cell-problems.vscode.ts';
import { toNotebookItems, toNotebookOutput } from './notebook-output.vscode.ts';
import type { CellOutput, OutputChange } from './outputs.ts';
import type { Pacer } from './pacer.ts';
import { writtenFiles } from './written-files.ts';

/** The outputs of one kernel that carry a display id, in whichever cell they are. */
export type Displays = Map<string, Set<vscode.NotebookCellOutput>>;

/** What the views of one kernel share. */
export interface ViewDesk {
  readonly displays: Displays;
  readonly marks: CellMarks;
  readonly problems: CellProblems;
  readonly log: Log;
  readonly pacer: Pacer;
  /** Working directory of the kernel; names of written files are relative to it. */
  readonly folder: string;
}

/** Shows one run of a cell through the editor's execution object. Nothing is awaited: the editor keeps the order. */
export class EditorCellView implements CellView {
  readonly #execution: vscode.NotebookCellExecution;
  readonly #desk: ViewDesk;
  #shown: vscode.NotebookCellOutput[] = [];
  #phase: 'pending' | 'running' | 'over' = 'pending';

  constructor(execution: vscode.NotebookCellExecution, desk: ViewDesk) {
    this.#execution = execution;
    this.#desk = desk;
  }

  get cell(): vscode.NotebookCell {
    return this.#execution.cell;
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  start(count: number | undefined, at = Date.now()): void {
    if (this.#phase !== 'pending') return;
    this.#phase = 'running';
    this.#desk.pacer.do(() => {
      this.#desk.marks.clear(this.cell);
      this.#desk.problems.clear(this.cell);
      this.#execution.executionOrder = count;
      this.#execution.start(at);
      if (this.cell.outputs.length > 0) void this.#edit(this.#execution.clearOutput());
    });
  }

  change(changes: readonly OutputChange[]): Promise<void> {
    if (this.#phase !== 'running') return Promise.resolve();
    return new Promise((resolve) => {
      this.#desk.pacer.do(() => {
        void Promise.all(changes.map((change) => this.#edit(this.#apply(change)))).then(() => {
          resolve();
        });
      });
    });
  }

  updateElsewhere(displayId: string, data: MimeBundle, metadata: Readonly<Record<string, unknown>>): void {
    for (const output of this.#desk.displays.get(displayId) ?? []) {
      if (this.#shown.includes(output) || this.#phase !== 'running') continue;
      const display: CellOutput = { kind: 'display', data, metadata, displayId, count: undefined };
      void this.#edit(this.#execution.replaceOutputItems(toNotebookItems(display), output));
    }
  }

  problems(problems: readonly Problem[]): void {
    this.#desk.pacer.do(() => {
      this.#desk.problems.show(this.cell, problems);
    });
  }

  notice(action: NoticeAction): void {
    this.#desk.marks.add(this.cell, { kind: 'action', action });
  }

  outputFile(file: string): void {
    this.#desk.marks.add(this.cell, { kind: 'outputFile', file });
  }

  ask(prompt: string, password: boolean, signal: AbortSignal): Promise<string | undefined> {
    const source = new vscode.CancellationTokenSource();
    const cancel = (): void => {
      source.cancel();
    };
    if (signal.aborted) return Promise.resolve(undefined);
    signal.addEventListener('abort', cancel, { once: true });
    const title = `Cell ${String(this.cell.index + 1)} asks for input`;
    const box = vscode.window.showInputBox({ title, prompt, password, ignoreFocusOut: true }, source.token);
    return Promise.resolve(box).finally(() => {
      signal.removeEventListener('abort', cancel);
      source.dispose();
    });
  }

  end(how: CellEnd, at = Date.now()): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#desk.pacer.do(() => {
      if (how === 'notRun' || how === 'elsewhere') this.#desk.marks.set(this.cell, [{ kind: how }]);
      try {
        this.#execution.end(how === 'notRun' || how === 'elsewhere' ? undefined : how === 'ok', at);
      } catch (caught) {
        // The cell was deleted, or its notebook closed.
        this.#desk.log.debug('a cell ended after it was gone', caught);
      }
    });
  }

  #apply(change: OutputChange): Thenable<void> {
    switch (change.kind) {
      case 'clear':
        this.#shown = [];
        return this.#execution.clearOutput();
      case 'append': {
        const outputs = change.outputs.map((output) => this.#toOutput(output));
        this.#shown.push(...outputs);
        return this.#execution.appendOutput(outputs);
      }
      case 'replace': {
        const shown = this.#shown[change.index];
        return shown
          ? this.#execution.replaceOutputItems(toNotebookItems(change.output), shown)
          : Promise.resolve();
      }
      case 'extend': {
        const shown = this.#shown[change.index];
        this.#linkFiles(change.output.text);
        return shown
          ? this.#execution.appendOutputItems(toNotebookItems(change.output), shown)
          : Promise.resolve();
      }
    }
  }

  #toOutput(output: CellOutput): vscode.NotebookCellOutput {
    const made = toNotebookOutput(output);
    if (output.kind === 'stream') this.#linkFiles(output.text);
    else if (output.kind !== 'error' && output.displayId !== undefined) {
      const { displays } = this.#desk;
      const known = displays.get(output.displayId) ?? new Set();
      displays.set(output.displayId, known.add(made));
    }
    return made;
  }

  #linkFiles(text: string): void {
    for (const file of writtenFiles(text, this.#desk.folder)) {
      this.#desk.marks.add(this.cell, { kind: 'file', file });
    }
  }

  #edit(edit: Thenable<void>): Promise<void> {
    return Promise.resolve(edit).catch((caught: unknown) => {
      this.#desk.log.debug('an output could not be shown', caught);
    });
  }
}
