import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import { z } from 'zod';

/** What a window shows of how a cell ended. */
export type CellState = 'success' | 'error' | 'executing' | 'pending' | 'none';

/** The part of a saved notebook that tests look at. */
const SavedNotebook = z.object({
  metadata: z.record(z.string(), z.unknown()),
  cells: z.array(
    z.object({
      cell_type: z.string(),
      execution_count: z.number().nullish(),
      outputs: z.array(z.looseObject({ output_type: z.string() })).default([]),
    }),
  ),
});
export type SavedNotebook = z.infer<typeof SavedNotebook>;

const stateIcons = {
  success: '.codicon-notebook-state-success',
  error: '.codicon-notebook-state-error',
  executing: '.codicon-notebook-state-executing',
  pending: '.codicon-notebook-state-pending',
} as const;

/** An open notebook, as its reader sees it. Cells are counted from 0, code and text alike. */
export class NotebookView {
  readonly #page: Page;
  readonly #file: string;
  readonly #runCommand: (title: string) => Promise<void>;

  constructor(page: Page, file: string, runCommand: (title: string) => Promise<void>) {
    this.#page = page;
    this.#file = file;
    this.#runCommand = runCommand;
  }

  async waitUntilShown(timeout: number): Promise<void> {
    await this.#page.locator('.notebookOverlay .monaco-list-row.code-cell-row').first().waitFor({ timeout });
  }

  /** Waits until the toolbar names a kernel that fits. */
  async waitForKernel(name: RegExp, timeout = 60_000): Promise<void> {
    await this.#page
      .locator('.kernel-label', { hasText: name })
      .filter({ visible: true })
      .first()
      .waitFor({ timeout });
  }

  /** What the toolbar says about the kernel. */
  async kernel(): Promise<string> {
    return this.#page.locator('.kernel-label').first().innerText();
  }

  /** Makes a code cell the selected one. */
  async focusCell(index: number): Promise<void> {
    await this.cell(index).locator('.view-lines').first().click();
    await this.#page.keyboard.press('Escape');
  }

  /** Types at the end of a code cell. */
  async type(index: number, text: string): Promise<void> {
    await this.cell(index).locator('.view-lines').first().click();
    await this.#page.keyboard.press('Control+End');
    await this.#page.keyboard.type(text);
  }

  async runAll(): Promise<void> {
    await this.#runCommand('Notebook: Run All');
  }

  async interrupt(): Promise<void> {
    await this.#runCommand('Notebook: Interrupt');
  }

  /** The row of a cell of the notebook in front. VS Code makes only those that are on the screen. */
  cell(index: number): Locator {
    const shown = this.#page.locator('.notebookOverlay:not([style*="visibility: hidden"])');
    return shown.locator(`.monaco-list-row[data-index="${String(index)}"]`);
  }

  /** Presses the run button of a cell. It shows while the pointer is over the cell, which output that comes may move away. */
  async run(index: number): Promise<void> {
    const button = this.cell(index).locator('.run-button-container .codicon-notebook-execute').first();
    for (let tries = 1; ; tries++) {
      await this.cell(index).hover();
      try {
        await button.click({ timeout: 3000 });
        return;
      } catch (caught) {
        if (tries === 10) throw caught;
        await this.#page.mouse.move(0, 0);
      }
    }
  }

  async stateOf(index: number): Promise<CellState> {
    for (const [state, icon] of Object.entries(stateIcons) as [CellState, string][])
      if ((await this.cell(index).locator(icon).count()) > 0) return state;
    return 'none';
  }

  async waitForState(index: number, state: keyof typeof stateIcons, timeout = 60_000): Promise<void> {
    await this.cell(index).locator(stateIcons[state]).first().waitFor({ timeout });
  }

  /** Goes to the last cell that can be run and waits until it has ended. */
  async waitForLast(state: 'success' | 'error', timeout = 120_000): Promise<void> {
    const { cells } = this.#read();
    await this.#runCommand('Notebook: Focus Last Cell');
    await this.waitForState(
      cells.findLastIndex(({ cell_type }) => cell_type === 'code'),
      state,
      timeout,
    );
  }

  /** Waits until the cell says that it was not run. */
  async waitForNotRun(index: number, timeout = 60_000): Promise<void> {
    await this.waitForMark(index, 'Not run', timeout);
  }

  /** Waits for words in the status bar of a cell. */
  async waitForMark(index: number, text: string, timeout = 60_000): Promise<Locator> {
    const mark = this.cell(index).locator('.cell-status-item', { hasText: text });
    await mark.waitFor({ timeout });
    return mark;
  }

  /** Where all output of a cell is that shows only its ends. */
  async outputFile(index: number): Promise<string> {
    const mark = await this.waitForMark(index, 'Open all output');
    const tooltip = this.#page.locator('.workbench-hover', { hasText: 'All that the cell printed is in' });
    for (let tries = 1; ; tries++) {
      await mark.hover();
      try {
        const file = /is in (\S.*)$/.exec(await tooltip.first().innerText({ timeout: 3000 }))?.[1];
        if (file === undefined) throw new Error('the file is not named');
        return file;
      } catch (caught) {
        // Output that comes moves the mark away from under the pointer.
        if (tries === 10) throw caught;
      } finally {
        await this.#page.mouse.move(0, 0);
      }
    }
  }

  /** Index of the first cell that can be run. */
  async firstCodeCell(): Promise<number> {
    const row = this.#page.locator('.notebookOverlay .monaco-list-row.code-cell-row');
    return Number(await row.first().getAttribute('data-index'));
  }

  /**
   * The frame of the outputs once something in it fits the selector. Outputs of all cells live in one frame, nested in others.
   *
   * @throws when it does not come in time.
   */
  async outputWith(selector: string, timeout = 60_000): Promise<Locator> {
    const signal = AbortSignal.timeout(timeout);
    for (;;) {
      for (const frame of this.#page.frames()) {
        const found = await firstIn(frame, selector);
        if (found) return found;
      }
      if (signal.aborted) throw new Error(`no output fits ${selector}`);
      await this.#nextFrame();
    }
  }

  /** Waits until the outputs on the screen say something. */
  async waitForOutput(text: string | RegExp, timeout = 30_000): Promise<void> {
    const signal = AbortSignal.timeout(timeout);
    const fits = (shown: string): boolean =>
      typeof text === 'string' ? shown.includes(text) : text.test(shown);
    for (;;) {
      const shown = await this.outputText();
      if (fits(shown)) return;
      if (signal.aborted) throw new Error(`no output says ${String(text)}, only:\n${shown}`);
      await this.#nextFrame();
    }
  }

  async #nextFrame(): Promise<void> {
    await this.#page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }

  /** The text of all outputs on the screen. */
  async outputText(): Promise<string> {
    const texts = await Promise.all(
      this.#page.frames().map((frame) =>
        frame
          .locator('.output_container')
          .allInnerTexts()
          .catch(() => []),
      ),
    );
    return texts.flat().join('\n');
  }

  async isDirty(): Promise<boolean> {
    const tab = this.#page.locator('.tab.dirty', { hasText: path.basename(this.#file) });
    return (await tab.count()) > 0;
  }

  /** Saves the notebook, which has changes, and reads what is on the disk then. */
  async save(): Promise<SavedNotebook> {
    const tab = { hasText: path.basename(this.#file) };
    await this.#page.locator('.tab.active.dirty', tab).waitFor();
    await this.#runCommand('File: Save');
    await this.#page.locator('.tab.active:not(.dirty)', tab).waitFor();
    return this.#read();
  }

  #read(): SavedNotebook {
    return SavedNotebook.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
  }
}

async function firstIn(frame: Frame, selector: string): Promise<Locator | undefined> {
  try {
    const found = frame.locator(selector);
    return (await found.count()) > 0 ? found.first() : undefined;
  } catch {
    // The frame went away while it was asked.
    return undefined;
  }
}
