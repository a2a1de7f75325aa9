import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

describe('a folder that is not trusted', () => {
  const workbench = useWorkbench({
    folder: path.join(repository, 'test', 'fixtures', 'journeys'),
    trust: false,
  });

  it('shows its notebooks, starts nothing, and says why, until it is trusted', async () => {
    const notebook = await workbench().openNotebook('plot.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await workbench()
      .page.locator('.statusbar-item', { hasText: 'ROOT starts nothing in Restricted Mode' })
      .waitFor();
    await notebook.runAll();
    await workbench().waitForText(/trust/i);
    await workbench().screenshot('restricted-mode');
    await workbench().page.getByRole('button', { name: 'Cancel' }).click();
    await workbench().page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    expect(await notebook.stateOf(0)).toBe('none');
    expect(workbench().kernelHosts()).toEqual([]);
    await notebook.runAll();
    await workbench()
      .page.getByRole('button', { name: /^(Continue|Trust)/ })
      .click();
    await notebook.waitForState(2, 'success');
    await workbench()
      .page.locator('.statusbar-item', { hasText: /ROOT .*C\+\+: idle/ })
      .waitFor();
    await workbench().screenshot('restricted-mode-trusted');
  });
});
