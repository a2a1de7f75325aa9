import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { launchBrowser } from '../support/workbench/browser.ts';
import { NotebookView } from '../support/workbench/notebook-view.ts';

it('npm start prints an address where a sample runs, and Ctrl+C ends all of it', async () => {
  // Without a screen it prints the address and opens no browser.
  const env = { ...process.env, DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
  const child = spawn('npm', ['start', '--silent'], { cwd: repository, env, detached: true, stdio: 'pipe' });
  const ended = once(child, 'close');
  const address = await addressIn(child.stdout);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(address);
    const notebook = new NotebookView(page, 'sample.ipynb', () =>
      Promise.reject(new Error('no palette here')),
    );
    await notebook.waitUntilShown(90_000);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    const code = await notebook.firstCodeCell();
    await notebook.run(code);
    await notebook.waitForState(code, 'success');
  } finally {
    await browser.close();
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
    await ended;
  }
  await expect(fetch(address)).rejects.toThrow();
});

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const found = /http:\/\/\S+/.exec(line);
    if (found) return found[0];
  }
  throw new Error('npm start ended without an address');
}
