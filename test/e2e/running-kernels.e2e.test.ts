import { afterEach, describe, expect, it } from 'vitest';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import { RunningKernelsView } from '../support/workbench/running-kernels-view.ts';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const notebooks = {
  fit: { kernel: 'cpp', cells: ['int kept = 7;', 'printf("fitting\\n"); while (true) gSystem->Sleep(20);'] },
  calibration: { kernel: 'cpp', cells: ['std::vector<char> big(300000000, 1);', 'big.size()'] },
  killed: { kernel: 'cpp', cells: ['printf("said before the end\\n");'] },
  windows: {
    kernel: 'cpp',
    cells: ['int kept = 7;', 'printf("looping\\n"); while (true) gSystem->Sleep(20);', 'kept'],
  },
  partly: { kernel: 'cpp', cells: ['printf("first of the killed\\n");', 'printf("of the new one\\n");'] },
  saved: { kernel: 'cpp', cells: ['printf("shown and saved\\n");', 'int quiet = 1;'] },
} as const;

describe('the list of running kernels', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 900 } });
  const kernels = (): RunningKernelsView => new RunningKernelsView(workbench().page);
  afterEach(() => workbench().endJourney());

  async function open(name: keyof typeof notebooks): Promise<NotebookView> {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    return notebook;
  }

  async function kill(): Promise<void> {
    for (const pid of workbench().kernelHosts()) process.kill(pid, 'SIGKILL');
    await expect.poll(() => workbench().kernelHosts(), { timeout: 15_000 }).toEqual([]);
  }

  async function show(): Promise<void> {
    await workbench().runCommand('ROOT: Focus on Running Kernels View');
  }

  it('says what a kernel is when there is none, and comes by itself when the window has only this view', async () => {
    await show();
    await kernels().waitUntilEmpty();
    await workbench().screenshot('running-kernels-none');
  });

  it('interrupts a kernel that nobody has, attaches to it and shuts it down', async () => {
    const fit = await open('fit');
    await fit.run(0);
    await fit.waitForState(0, 'success');
    await fit.run(1);
    await fit.waitForOutput('fitting');
    await show();
    await kernels().row('fit.ipynb', /busy · this window/);
    const calibration = await open('calibration');
    await calibration.run(0);
    await calibration.waitForState(0, 'success');
    await show();
    await kernels().row('calibration.ipynb', /idle · this window · \d+ MB · \d min · ROOT .* C\+\+/);
    const row = await kernels().row('fit.ipynb', /busy · no window/);
    expect(await row.getAttribute('aria-label')).toMatch(
      /^fit\.ipynb, ROOT [\d.]+ C\+\+, busy, started \d min ago, \d+ MB, no window$/,
    );
    await row.hover();
    await workbench().screenshot('running-kernels');
    await workbench().setTheme('dark');
    await workbench().screenshot('running-kernels-dark');
    await workbench().setTheme('light');
    await kernels().press('fit.ipynb', 'Interrupt');
    await kernels().row('fit.ipynb', /idle/);
    await (await kernels().row('fit.ipynb')).click();
    const again = workbench().notebook('fit.ipynb');
    await again.waitForState(1, 'error');
    await kernels().row('fit.ipynb', /idle · this window/);
    await again.waitForOutput(/Interrupted/);
    await workbench().screenshot('running-kernels-attached');
    await show();
    await workbench().page.keyboard.press('Home');
    await kernels().row('calibration.ipynb');
    await workbench().page.keyboard.press('Delete');
    await workbench().screenshot('running-kernels-confirm');
    await kernels().confirm('Shut Down');
    await kernels().waitUntilGone('fit.ipynb');
    await kernels().press('calibration.ipynb', 'Shut Down');
    await kernels().confirm('Shut Down');
    await expect.poll(() => workbench().kernelHosts(), { timeout: 15_000 }).toEqual([]);
  });

  it('takes a kernel over from another window, whose cell goes on here', async () => {
    const first = await open('windows');
    await first.run(0);
    await first.run(1);
    await first.waitForOutput('looping');
    const other = await workbench().another();
    const there = new RunningKernelsView(other.page);
    await other.runCommand('ROOT: Focus on Running Kernels View');
    await there.row('windows.ipynb', /busy · another window/);
    await other.screenshot('running-kernels-elsewhere');
    await there.choose('windows.ipynb', 'Take Over in This Window');
    const second = other.notebook('windows.ipynb');
    await second.waitForState(1, 'executing');
    await second.waitForOutput('looping');
    await workbench().waitForText(/Another window has taken over/);
    await first.waitForMark(1, 'Goes on in another window');
    await there.row('windows.ipynb', /busy · this window/);
    await other.screenshot('running-kernels-taken-over');
    await second.interrupt();
    await second.waitForState(1, 'error');
    await second.run(2);
    await second.waitForOutput('7');
    await other.page.close();
  });

  it('keeps what a killed kernel left until that is discarded', async () => {
    const notebook = await open('killed');
    await notebook.run(0);
    await notebook.waitForState(0, 'success');
    await workbench().runCommand('View: Revert and Close Editor');
    await kill();
    await show();
    await kernels().row('killed.ipynb', /1 cell not saved · ended/);
    await workbench().screenshot('running-kernels-remains');
    await kernels().press('killed.ipynb', 'Discard Output');
    await kernels().confirm('Discard');
    await kernels().waitUntilGone('killed.ipynb');
  });

  it('keeps what a killed kernel left when its notebook is saved without that', async () => {
    const before = await open('partly');
    await before.run(0);
    await before.waitForState(0, 'success');
    await workbench().runCommand('View: Revert and Close Editor');
    await kill();
    const notebook = await open('partly');
    await workbench().waitForText(/The output of one cell was not saved/);
    await notebook.run(1);
    await notebook.waitForOutput('of the new one');
    await notebook.save();
    await workbench().runCommand('View: Close Editor');
    await show();
    await kernels().row('partly.ipynb', /1 cell not saved · ended/);
    await workbench().endJourney();
    await workbench().reload();
    const again = await open('partly');
    await workbench().clickNotification(/was not saved/, 'Restore Output');
    await again.waitForOutput('first of the killed');
    await again.waitForOutput('of the new one');
    await workbench().screenshot('running-kernels-restored');
    await again.save();
    await workbench().runCommand('View: Close Editor');
    await show();
    await kernels().waitUntilGone('partly.ipynb');
  });

  it('has nothing to restore of a killed kernel whose notebook was saved with all it shows', async () => {
    const notebook = await open('saved');
    await notebook.run(0);
    await notebook.run(1);
    await notebook.waitForState(1, 'success');
    await kill();
    expect(JSON.stringify((await notebook.save()).cells[0])).toContain('shown and saved');
    await workbench().runCommand('View: Close Editor');
    await workbench().endJourney();
    await show();
    await kernels().waitUntilGone('saved.ipynb');
  });
});
