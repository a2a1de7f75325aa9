import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCell, type TestHosts, testHosts, testInstallation } from '../../support/real-kernel.ts';

let hosts: TestHosts;
beforeAll(async () => (hosts = await testHosts()));
afterAll(() => hosts.close());

it('a Python in which the runner does not load runs on ipykernel, and says so once', async () => {
  const installation = await testInstallation();
  const python = path.join(hosts.stateFolder, 'python');
  const refuse = 'case "$1" in *rootbook_python.py) echo "no such symbol" >&2; exit 1;; esac';
  await writeFile(python, `#!/bin/sh\n${refuse}\nexec ${installation.python ?? ''} "$@"\n`);
  await chmod(python, 0o755);
  const session = await hosts.open('python', { installation: { ...installation, python } });
  const first = await runCell(session, 'print("runs")', { language: 'python' });
  expect(first.stdout).toBe('runs\n');
  const notices = first.events.flatMap((event) => (event.kind === 'notice' ? [event.text] : []));
  expect(notices).toEqual([expect.stringMatching(/via Jupyter[\s\S]*no such symbol/)]);
  const second = await runCell(session, 'print("again")', { language: 'python' });
  expect(second.events.map(({ kind }) => kind)).not.toContain('notice');
});

it('without ipykernel either, it says why it did not start', async () => {
  const installation = { ...(await testInstallation()), python: '/bin/false', ipykernel: false };
  await expect(hosts.open('python', { installation })).rejects.toThrow('did not start (/bin/false)');
});
