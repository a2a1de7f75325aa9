import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { webviewBundle } from '../../../scripts/jsroot-plugin.mjs';
import { repository } from '../../../scripts/tools.mjs';
import { launchBrowser } from '../../support/workbench/browser.ts';

export interface RendererHost {
  readonly origin: string;
  /** A new page with the renderer in it; `outside` collects requests to anywhere but the page's own server. */
  open(wishes?: string): Promise<{ page: Page; outside: string[]; loaded: string[]; logged: string[] }>;
  /** All code of the bundle. */
  code(): string;
  /** Is this file of the bundle three.js? Chunks have no telling names. */
  readonly isThree: (file: string) => boolean;
  close(): Promise<void>;
}

/** Builds the renderer as the package has it and serves it, with a page that stands for VS Code, to the real browser. */
export const startRendererHost = async (): Promise<RendererHost> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-webview-'));
  await build({ absWorkingDir: repository, ...webviewBundle(path.join(folder, 'webview')) });
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname;
    try {
      const file =
        name === '/' ? path.join(import.meta.dirname, 'renderer-page.html') : path.join(folder, name);
      response.setHeader('content-type', name === '/' ? 'text/html' : 'text/javascript');
      response.end(readFileSync(file));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // SAFETY: a server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${String(port)}`;
  const browser: Browser = await launchBrowser();
  return {
    origin,
    open: async (wishes = '') => {
      const context = await browser.newContext({
        viewport: { width: 900, height: 700 },
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      const outside: string[] = [];
      const loaded: string[] = [];
      const logged: string[] = [];
      page.on('request', (request) => {
        const url = request.url();
        if (url.startsWith(origin)) loaded.push(url.slice(origin.length));
        else if (!/^(data|blob):/.test(url)) outside.push(url);
      });
      page.on('console', (message) => logged.push(message.text()));
      page.on('pageerror', (error) => logged.push(`page error: ${error.message}`));
      await page.goto(`${origin}/?${wishes}`);
      await page.waitForFunction('window.isReady');
      return { page, outside, loaded, logged };
    },
    code: () =>
      readdirSync(path.join(folder, 'webview'))
        .map((name) => readFileSync(path.join(folder, 'webview', name), 'utf8'))
        .join('\n'),
    isThree: (file) =>
      file.startsWith('/webview/') && readFileSync(path.join(folder, file), 'utf8').includes('WebGLRenderer'),
    close: async () => {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

interface PageGlobals {
  render(id: string, html: string): Promise<void>;
  setTheme(kind: string, background: string, foreground: string): void;
  messages: readonly unknown[];
  scriptsRun: number;
}

// SAFETY: renderer-page.html defines these.
declare const window: PageGlobals;

/** Renders html as output `id` and waits until its plot is drawn or says why not. */
export const show = async (page: Page, id: string, html: string): Promise<void> => {
  await render(page, id, html);
  await page.waitForSelector(`#${id} .rootbook-plot[data-state]`);
};

export const render = (page: Page, id: string, html: string): Promise<void> =>
  page.evaluate(([where, text]) => window.render(where, text), [id, html] as const);

export const setTheme = (page: Page, kind: string, background: string, foreground: string): Promise<void> =>
  page.evaluate(
    ([a, b, c]) => {
      window.setTheme(a, b, c);
    },
    [kind, background, foreground] as const,
  );

export const messagesOf = (page: Page): Promise<readonly unknown[]> => page.evaluate(() => window.messages);

export const scriptsRun = (page: Page): Promise<number> => page.evaluate(() => window.scriptsRun);

/** All text in the drawing of output `id`, words of one label joined. */
export const labels = (page: Page, id: string): Promise<readonly string[]> =>
  page.locator(`#${id} .rootbook-drawing svg text`).allTextContents();

/** Colours that the drawing of output `id` fills or strokes with, as the browser computes them. */
export const colours = (page: Page, id: string): Promise<readonly string[]> =>
  page.locator(`#${id} .rootbook-drawing svg *`).evaluateAll((elements) => {
    // SAFETY: this runs in the page, whose types the tests do not have.
    const view = globalThis as unknown as { getComputedStyle(element: unknown): Record<string, string> };
    const found = elements.flatMap((element) => {
      const style = view.getComputedStyle(element);
      return [style['fill'] ?? '', style['stroke'] ?? ''];
    });
    return [...new Set(found)];
  });
