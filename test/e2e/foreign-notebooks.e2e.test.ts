import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';
import type { Workbench } from '../support/workbench/workbench.ts';

const folder = path.join(repository, 'test', 'fixtures', 'notebooks');

/** Each notebook, with the kernel that it gets: none means that it is left to others. */
const notebooks = [
  ['format-4.0', /^ROOT .*C\+\+/],
  ['format-4.1', /^ROOT .*C\+\+/],
  ['format-4.2', /^ROOT .*C\+\+/],
  ['format-4.3', /^ROOT .*Python/],
  ['format-4.4', /^ROOT .*Python/],
  ['format-4.5', /^ROOT .*C\+\+/],
  ['attachments', /^ROOT .*C\+\+/],
  ['jupyroot-cpp', /^ROOT .*C\+\+/],
  ['jupyroot-python', /^ROOT .*Python/],
  ['swan', /^ROOT .*Python/],
  ['widgets', undefined],
  ['widgets-of-root', /^ROOT .*Python via Jupyter/],
  ['plain-python', undefined],
  ['no-metadata', undefined],
  ['julia', undefined],
  ['xeus-cling', undefined],
] as const;

describe('a notebook of somebody else', () => {
  const ours = useWorkbench({ folder });
  const bare = useWorkbench({ folder, bare: true });

  it.each(notebooks)(
    '%s opens unchanged with its kernel, and is saved as VS Code saves it',
    async (name, kernel) => {
      const saved = await editAndSave(ours(), `${name}.ipynb`, kernel);
      await ours().screenshot(`foreign-${name}`);
      const expected = await editAndSave(bare(), `${name}.ipynb`, undefined);
      expect(JSON.parse(saved)).toEqual(JSON.parse(expected));
      expect(saved).toBe(expected);
    },
  );

  it('plots that JupyROOT saved are drawn without a kernel', async () => {
    const notebook = await ours().openNotebook('jupyroot-cpp.ipynb');
    const plot = await notebook.outputWith('.rootbook-plot[data-state=drawn]');
    await ours().screenshot('foreign-plot');
    expect(await plot.textContent()).toContain('Entries');
    expect(ours().kernelHosts()).toEqual([]);
  });

  it.each([
    ['truncated', 'The editor could not be opened'],
    ['empty', 'Select Kernel'],
  ])('%s shows what VS Code shows', async (name, text) => {
    for (const workbench of [ours(), bare()]) {
      await workbench.openFile(`${name}.ipynb`);
      await workbench.page.locator('.monaco-workbench', { hasText: text }).waitFor();
      expect(await workbench.notebook(`${name}.ipynb`).isDirty()).toBe(false);
    }
    await ours().screenshot(`foreign-${name}`);
  });
});

async function editAndSave(workbench: Workbench, name: string, kernel: RegExp | undefined): Promise<string> {
  const notebook = await workbench.openNotebook(name);
  if (kernel) await notebook.waitForKernel(kernel);
  else expect(await notebook.kernel()).toBe('Select Kernel');
  expect(await notebook.isDirty()).toBe(false);
  await notebook.type(await notebook.firstCodeCell(), '7');
  await notebook.save();
  return readFileSync(path.join(workbench.folder, name), 'utf8');
}
