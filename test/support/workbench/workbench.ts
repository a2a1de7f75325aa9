import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { endHosts, recordsIn, runningHosts } from '../../../scripts/kernel-hosts.mjs';
import { packageHere } from '../../../scripts/package.mjs';
import { repository } from '../../../scripts/tools.mjs';
import { type Server, startServer } from '../../../scripts/vscode-server.mjs';
import { launchBrowser } from './browser.ts';
import { NotebookView } from './notebook-view.ts';
import { writeNotebook, type WrittenNotebook } from './write-notebook.ts';

export interface WorkbenchOptions {
  /** Folder of the window. It is copied, so that a test may write into it. An empty one without this. */
  readonly folder?: string;
  /** Notebooks to write into the folder, by name. */
  readonly notebooks?: Readonly<Record<string, WrittenNotebook>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the folder is trusted (default). Otherwise the window is in Restricted Mode until somebody trusts it. */
  readonly trust?: boolean;
  /** More extensions to install, and what the extension host has in its environment. */
  readonly vsix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Without our extension: what VS Code itself does. */
  readonly bare?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
}

const artifacts = path.join(repository, 'test', 'artifacts');

/** Generous, because a busy machine starts a window slowly; a wait ends when its event comes. */
const startTimeout = 90_000;

/** The real workbench in a browser, with the built vsix installed and a profile of its own. */
export class Workbench {
  readonly page: Page;
  /** The copy of the folder that the window shows. */
  readonly folder: string;
  readonly #state: string;
  #server: Server;
  readonly #browser: Browser;
  readonly #bare: boolean;

  private constructor(
    page: Page,
    folder: string,
    state: string,
    server: Server,
    browser: Browser,
    bare: boolean,
  ) {
    this.#bare = bare;
    this.page = page;
    this.folder = folder;
    this.#state = state;
    this.#server = server;
    this.#browser = browser;
  }

  static async start({
    folder,
    notebooks = {},
    settings = {},
    trust = true,
    viewport,
    vsix: others = [],
    env = {},
    bare = false,
  }: WorkbenchOptions): Promise<Workbench> {
    const ours = bare ? [] : [await packageHere()];
    const state = mkdtempSync(path.join(os.tmpdir(), 'rootbook-e2e-'));
    const copy = path.join(state, 'folder');
    if (folder === undefined) mkdirSync(copy);
    else cpSync(folder, copy, { recursive: true });
    for (const [name, notebook] of Object.entries(notebooks)) writeNotebook(copy, name, notebook);
    const untrusted = {
      'security.workspace.trust.startupPrompt': 'never',
      'security.workspace.trust.banner': 'never',
    };
    const server = await startServer({
      state,
      settings: {
        'files.autoSave': 'off',
        'workbench.reduceMotion': 'on',
        'files.simpleDialog.enable': true,
        ...(trust ? {} : untrusted),
        ...settings,
      },
      trust,
      driver: false,
      vsix: [...ours, ...others],
      env,
    });
    const browser = await launchBrowser();
    const page = await browser.newPage({
      viewport: viewport ?? { width: 1280, height: 1000 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const workbench = new Workbench(page, copy, state, server, browser, bare);
    try {
      await workbench.load();
    } catch (error) {
      await workbench.keepEvidence('window-did-not-load');
      await workbench.close();
      throw error;
    }
    return workbench;
  }

  /** Loads the window, again if it is loaded already, and waits until commands of extensions are known. */
  async load(): Promise<void> {
    await this.page.goto(this.#server.url(this.folder), { waitUntil: 'domcontentloaded' });
    await this.#waitUntilLoaded();
  }

  /** The editor's server is killed and started anew; the window is loaded again and comes back with what was open. */
  async crash(): Promise<void> {
    const { port } = this.#server;
    await this.#server.kill();
    this.#server = await startServer({
      state: this.#state,
      port,
      settings: {},
      trust: true,
      driver: false,
      vsix: [],
    });
    await this.load();
  }

  /** A second window on the same folder; it is closed with the first one. */
  async another(): Promise<Workbench> {
    const page = await this.#browser.newPage({ viewport: this.page.viewportSize() });
    const other = new Workbench(page, this.folder, this.#state, this.#server, this.#browser, this.#bare);
    await other.load();
    return other;
  }

  /** Reloads the window as its user would, so that it comes back with what was open. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('domcontentloaded');
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.#waitUntilLoaded();
  }

  /** Runs a command by its title in the palette, for example `Notebook: Run All`. */
  async runCommand(title: string): Promise<void> {
    const row = await this.#findCommand(title);
    await row.click();
  }

  /** Opens a notebook of the folder and waits for its cells. One is open at a time; changes to the last one are dropped. */
  async openNotebook(name: string): Promise<NotebookView> {
    await this.openFile(name);
    const view = this.notebook(name);
    await view.waitUntilShown(startTimeout);
    return view;
  }

  /** The view of a notebook that is open already. */
  notebook(name: string): NotebookView {
    return new NotebookView(this.page, path.join(this.folder, name), (title) => this.runCommand(title));
  }

  /** Opens a file of the folder in place of what is open, without waiting for what it shows. */
  async openFile(name: string): Promise<void> {
    const tabs = this.page.locator('.tab');
    for (let open = await tabs.count(); open > 0; open--) {
      await this.runCommand('View: Revert and Close Editor');
      await tabs.nth(open - 1).waitFor({ state: 'detached' });
    }
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(name);
    await this.#quickRow(path.basename(name)).click();
    await this.page.locator('.tab.active', { hasText: path.basename(name) }).waitFor();
  }

  /** Switches the colour theme and waits until it is on the screen. */
  async setTheme(kind: 'light' | 'dark'): Promise<void> {
    const name = kind === 'light' ? 'Light Modern' : 'Dark Modern';
    await this.runCommand('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget input[type="text"]').first().fill(name);
    await this.#quickRow(name).click();
    await this.page
      .locator(kind === 'light' ? '.monaco-workbench.vs' : '.monaco-workbench.vs-dark')
      .waitFor();
  }

  /** Waits until a notification or dialog says something. */
  async waitForText(text: RegExp): Promise<void> {
    const places = this.page.locator('.notification-list-item-message, .monaco-dialog-box');
    await places.filter({ hasText: text }).first().waitFor();
  }

  /** Presses a button of a notification that says something. */
  async clickNotification(text: RegExp, button: string): Promise<void> {
    const notification = this.page
      .locator('.notifications-toasts .notification-list-item')
      .filter({ hasText: text });
    await notification.getByRole('button', { name: button, exact: true }).first().click();
  }

  /** Answers the input box that is open, once its title or prompt says something. */
  async answer(prompt: RegExp, text: string): Promise<void> {
    const box = this.page.locator('.quick-input-widget', { hasText: prompt });
    await box.waitFor();
    await box.locator('input[type="text"]').first().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Process ids of the kernel hosts that run for this profile. */
  kernelHosts(): readonly number[] {
    return runningHosts(this.#state);
  }

  /** Lets a cell go on that waits for the file `go-on` beside its notebook. */
  goOn(): void {
    writeFileSync(this.#gate, '');
  }

  /** Ends the kernels that a journey has left, and closes what `goOn` has opened. */
  async endJourney(): Promise<void> {
    rmSync(this.#gate, { force: true });
    await endHosts(this.#state);
  }

  get #gate(): string {
    return path.join(this.folder, 'go-on');
  }

  /** Makes the kernel hosts that run say that they speak an older protocol. */
  pretendOtherVersion(): void {
    for (const file of recordsIn(this.#state)) {
      const record = z.looseObject({ protocol: z.number() }).parse(JSON.parse(readFileSync(file, 'utf8')));
      writeFileSync(file, JSON.stringify({ ...record, protocol: record.protocol - 1 }));
    }
  }

  /** Keeps a picture of the window in `test/artifacts`. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(artifacts, { recursive: true });
    const file = path.join(artifacts, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Keeps what helps to understand a failure: picture, server log, logs of the editor and of the extension. */
  async keepEvidence(name: string): Promise<void> {
    const folder = path.join(artifacts, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, 'window.png') });
    cpSync(this.#server.log, path.join(folder, 'server.log'));
    const logs = path.join(this.#state, 'data', 'logs');
    if (existsSync(logs)) cpSync(logs, path.join(folder, 'logs'), { recursive: true });
  }

  /** Closes the window, ends the server and every kernel that was started, and removes the profile. */
  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await endHosts(this.#state);
    rmSync(this.#state, { recursive: true, force: true, maxRetries: 5 });
  }

  #quickRow(label: string): Locator {
    return this.page
      .locator('.quick-input-widget .monaco-list-row')
      .filter({
        has: this.page.locator('.label-name', { hasText: new RegExp(`^\\W*${escape(label)}\\W*$`) }),
      })
      .first();
  }

  /** The palette lists what is known when it opens: while extensions are being read, it is opened again. */
  async #findCommand(title: string): Promise<Locator> {
    const deadline = AbortSignal.timeout(startTimeout);
    const row = this.#quickRow(title);
    for (;;) {
      await this.page.keyboard.press('Control+Shift+P');
      const input = this.page.locator('.quick-input-widget input[type="text"]').first();
      // What takes the focus meanwhile, as an editor that opens, closes the palette.
      const found = input.fill(`>${title}`, { timeout: 5000 }).then(() => row.waitFor({ timeout: 2000 }));
      const isFound = await found.then(
        () => true,
        () => false,
      );
      if (isFound) return row;
      if (deadline.aborted) throw new Error(`no command is called ${title}`);
      await this.page.keyboard.press('Escape');
    }
  }

  /** A notebook that is opened before extensions are registered shows as plain JSON. */
  async #waitUntilLoaded(): Promise<void> {
    await this.page.locator('.part.statusbar .statusbar-item').first().waitFor({ timeout: startTimeout });
    await this.#findCommand(this.#bare ? 'Create: New Jupyter Notebook' : 'ROOTbook: New ROOTbook (C++)');
    await this.page.keyboard.press('Escape');
  }
}

function escape(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
