import type { Locator, Page } from 'playwright-core';

/** The list of running kernels in the side bar, as its reader sees it. */
export class RunningKernelsView {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The row of a notebook, once it says something. */
  async row(notebook: string, text = /./): Promise<Locator> {
    const row = this.#rows.filter({ hasText: notebook }).filter({ hasText: text });
    await row.first().waitFor({ timeout: 30_000 });
    return row.first();
  }

  async waitUntilGone(notebook: string): Promise<void> {
    await this.#rows.filter({ hasText: notebook }).first().waitFor({ state: 'detached', timeout: 30_000 });
  }

  /** Waits for what an empty list says. */
  async waitUntilEmpty(): Promise<void> {
    await this.#page
      .locator('.welcome-view', { hasText: 'No ROOT kernel runs on this machine' })
      .waitFor({ timeout: 30_000 });
  }

  /** Presses a button of a row, which shows while the pointer is over it. */
  async press(notebook: string, button: string): Promise<void> {
    const row = await this.row(notebook);
    await row.hover();
    await row.getByRole('button', { name: button }).click();
  }

  /** Chooses an action from the context menu of a row. */
  async choose(notebook: string, action: string): Promise<void> {
    const row = await this.row(notebook);
    await row.click({ button: 'right' });
    await this.#page.locator('.monaco-menu').getByRole('menuitem', { name: action }).click();
  }

  /** Answers the question whether it is meant. */
  async confirm(button: string): Promise<void> {
    const dialog = this.#page.locator('.monaco-dialog-box');
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  get #rows(): Locator {
    return this.#page.locator('.customview-tree .monaco-list-row');
  }
}
