import type * as vscode from 'vscode';
import type { Log } from '../base/log.ts';
import { type CellEvent, lateHeading } from '../kernels/cell-events.ts';
import { toNotebookOutput } from './notebook-output.vscode.ts';
import { type CellOutput, CellOutputs } from './outputs.ts';

const gatherMilliseconds = 200;
const maxMegabytes = 1;

/**
 * Shows what is printed while no cell runs, or by threads that print on: below the last cell that ran, and marked.
 */
export class StrayOutput {
  readonly #controller: vscode.NotebookController;
  readonly #log: Log;
  #gathered = new CellOutputs(maxMegabytes);
  #timer: NodeJS.Timeout | undefined;
  #lastCell: vscode.NotebookCell | undefined;
  #hasHeading = false;

  constructor(controller: vscode.NotebookController, log: Log) {
    this.#controller = controller;
    this.#log = log;
  }

  /** The last cell that ran: where stray output goes. */
  get lastCell(): vscode.NotebookCell | undefined {
    return this.#lastCell;
  }

  set lastCell(cell: vscode.NotebookCell | undefined) {
    this.#lastCell = cell;
    this.#hasHeading = false;
  }

  add(event: CellEvent): void {
    this.#gathered.apply(event);
    this.#later(gatherMilliseconds);
  }

  #later(milliseconds: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#show();
    }, milliseconds);
  }

  #show(): void {
    const cell = this.lastCell;
    const { outputs } = this.#gathered;
    // Blank text between cells is no news.
    const isBlank = outputs.every(
      (output) => output.kind === 'stream' && output.text.trim() === lateHeading.trim(),
    );
    if (!cell || isBlank) return;
    try {
      const { executionSummary } = cell;
      const execution = this.#controller.createNotebookCellExecution(cell);
      execution.executionOrder = executionSummary?.executionOrder;
      execution.start(executionSummary?.timing?.startTime);
      const headed = this.#hasHeading ? outputs : outputs.map(withHeading);
      void execution.appendOutput(headed.map(toNotebookOutput));
      execution.end(executionSummary?.success, executionSummary?.timing?.endTime);
      this.#hasHeading = true;
      this.#gathered = new CellOutputs(maxMegabytes);
    } catch (caught) {
      // The cell runs again or was deleted: wait for the next one.
      this.#log.debug('output outside a cell has to wait', caught);
      this.#later(gatherMilliseconds * 5);
    }
  }
}

/** Marks the first of some outputs as one of no cell. */
function withHeading(output: CellOutput, index: number): CellOutput {
  return output.kind === 'stream' && index === 0 ? { ...output, text: lateHeading + output.text } : output;
}
