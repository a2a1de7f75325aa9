import { describe, expect, it } from 'vitest';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

describe('a machine without ROOT', () => {
  const workbench = useWorkbench({
    notebooks: { first: { kernel: 'cpp', cells: ['1 + 1'] } },
    env: { PATH: '/usr/bin:/bin', VIRTUAL_ENV: '', ROOTSYS: '' },
  });

  it('says so once and offers to install it, also when a cell is run', async () => {
    const notebook = await workbench().openNotebook('first.ipynb');
    const toasts = workbench().page.locator('.notifications-toasts .notification-list-item');
    await workbench().waitForText(/No ROOT was found/);
    await notebook.waitForKernel(/ROOT is not installed/);
    await workbench().screenshot('no-root');
    expect(await toasts.count()).toBe(1);
    expect(await notebook.isDirty()).toBe(false);
    await workbench().runCommand('Notifications: Clear All Notifications');
    await toasts.waitFor({ state: 'detached' });
    await notebook.runAll();
    await workbench().clickNotification(/No ROOT was found/, 'Install ROOT…');
    await workbench()
      .page.locator('.quick-input-widget', { hasText: 'Where should the environment with ROOT be made' })
      .locator('.monaco-list-row', { hasText: '.venv in folder' })
      .waitFor();
    await workbench().screenshot('install-root');
    await workbench().page.keyboard.press('Escape');
    await notebook.cell(0).locator('.codicon-notebook-state-pending').waitFor({ state: 'detached' });
    expect(await notebook.stateOf(0)).toBe('none');
    expect(workbench().kernelHosts()).toEqual([]);
  });
});
