#!/usr/bin/env node
// @ts-check
// Stands in for the desktop `code` as @vscode/test-electron starts it: takes the same arguments, but runs the VS Code server and
// its workbench in a browser without a window. Suites run in the real Node extension host either way.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { format } from 'node:util';
import { chromium } from 'playwright-core';
import { endHosts } from '../../../scripts/kernel-hosts.mjs';
import { findBrowser, SetupError } from '../../../scripts/tools.mjs';
import { startServer } from '../../../scripts/vscode-server.mjs';

const timeoutMilliseconds = 20 * 60_000;
/** What the editor itself says on the console. */
const noise =
  /^\[(AccountPolicyGate|AgentHost|Service Worker|reconnection-grace)|^(Resolv|Creating a socket|Creation of workbench|Updating additional|Ignoring fetching|No search provider|Timed out waiting for authentication provider)|^(%c)? *(TRACE|DEBUG|WARN|INFO|ERR)/;

/** @param {string} name */
function valuesOf(name) {
  const start = `--${name}=`;
  return process.argv
    .filter((argument) => argument.startsWith(start))
    .map((argument) => argument.slice(start.length));
}

const [tests = ''] = valuesOf('extensionTestsPath');
const folder = process.argv.slice(2).find((argument) => path.isAbsolute(argument)) ?? os.tmpdir();
const state = mkdtempSync(path.join(os.tmpdir(), 'rootbook-host-'));
const server = await startServer({ state, settings: {}, trust: true, driver: true, vsix: [] });
const browser = await chromium.launch({
  executablePath: findBrowser() ?? '',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  /** @type {(code: number) => void} */
  let end = () => undefined;
  /** @type {Promise<number>} */
  const exit = new Promise((resolve) => (end = resolve));
  await page.exposeFunction(
    'codeAutomationLog',
    (/** @type {string} */ _type, /** @type {unknown[]} */ args) => {
      const text = format(...args);
      if (!noise.test(text)) process.stdout.write(`${text}\n`);
    },
  );
  await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => end(code));
  /** @type {[string, string][]} */
  const payload = [
    ...valuesOf('extensionDevelopmentPath').map(
      (development) =>
        /** @type {[string, string]} */ (['extensionDevelopmentPath', server.uri(development)]),
    ),
    ['extensionTestsPath', server.uri(tests)],
  ];
  await page.goto(server.url(folder, payload), { waitUntil: 'domcontentloaded' });
  const late = wait(timeoutMilliseconds, 99, { ref: false });
  process.exitCode = await Promise.race([exit, late, server.ended.then(() => 98)]);
} catch (error) {
  process.stderr.write(`${error instanceof SetupError ? error.message : String(error)}\n`);
  process.exitCode = 97;
} finally {
  await browser.close();
  await server.stop();
  await endHosts(state);
  rmSync(state, { recursive: true, force: true, maxRetries: 5 });
}
