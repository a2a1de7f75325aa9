import { statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const crash = [
  'import ROOT\nvalue = 5',
  'value += 1\nprint("value is", value)',
  'import os\nos.kill(os.getpid(), 11)',
];

const notebooks = {
  endless: {
    kernel: 'cpp',
    cells: [
      'int kept = 7;',
      'kept = 8;\nwhile (true) gSystem->ProcessEvents();',
      'std::cout << "kept is " << kept << std::endl;',
      'kept = 9;\nsigset_t all;\nsigfillset(&all);\npthread_sigmask(SIG_BLOCK, &all, nullptr);\nwhile (true) usleep(1000);',
      'std::cout << "kept is still " << kept << std::endl;',
    ],
  },
  crashes: {
    kernel: 'cpp',
    cells: ['int n = 1;', 'n = 2;', 'n = 3;\nabort();', 'n = 4;', 'std::cout << "n is " << n << std::endl;'],
  },
  'python-crash': {
    kernel: 'python',
    cells: [...crash, 'print("value is still", value)'],
  },
  'python-crash-jupyter': { kernel: 'python', hasWidgets: true, cells: [...crash, '1'] },
  runaway: {
    kernel: 'cpp',
    cells: [
      'for (long i = 0; i < 4000000; i++) printf("%049ld\\n", i);\nputs("the end");',
      'std::cout << "after" << std::endl;',
    ],
  },
  life: {
    kernel: 'cpp',
    cells: ['int once = 1;', 'once++;\nstd::cout << "once is " << once << std::endl;'],
  },
} as const;

describe('a kernel that is stopped, crashes or is left', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 1400 } });
  afterEach(() => workbench().endJourney());

  async function open(name: keyof typeof notebooks): Promise<NotebookView> {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(notebooks[name].kernel === 'cpp' ? /ROOT .*C\+\+/ : /ROOT .*Python/);
    return notebook;
  }

  it('an endless cell is interrupted, and one that ignores that is stopped by going back', async () => {
    const notebook = await open('endless');
    await notebook.run(0);
    await notebook.run(1);
    await notebook.waitForState(1, 'executing');
    await notebook.interrupt();
    await notebook.waitForState(1, 'error');
    await notebook.run(2);
    await notebook.waitForOutput('kept is 8');
    await notebook.run(3);
    await notebook.waitForState(3, 'executing');
    await notebook.interrupt();
    await workbench().waitForText(/has not reached a point where it can stop safely/);
    await workbench().screenshot('stop-offer');
    await workbench().clickNotification(/can stop safely/, 'Stop and Go Back to Before This Cell');
    await notebook.waitForState(3, 'error');
    await notebook.run(4);
    await notebook.waitForOutput('kept is still 8');
    await workbench().screenshot('stopped');
  });

  it('a crash in a Run All names the cells that are undone', async () => {
    const notebook = await open('crashes');
    await notebook.runAll();
    await notebook.waitForState(2, 'error');
    await notebook.waitForNotRun(3);
    await notebook.waitForOutput(/SIGABRT/);
    const shown = await notebook.outputText();
    await workbench().screenshot('crash-in-run-all');
    // Whether there was time for a checkpoint depends on the machine; what is said has to be true.
    const undone = /Undone with this cell: (.*?)\. Run/.exec(shown)?.[1]?.split(', ') ?? [];
    for (const name of undone) await notebook.run(Number(/\d+/.exec(name)?.[0]) - 1);
    await notebook.run(4);
    await notebook.waitForState(4, 'success');
    await notebook.waitForOutput('n is 2');
  });

  it('a crash of Python costs only its cell', async () => {
    const notebook = await open('python-crash');
    await notebook.run(0);
    await notebook.run(1);
    await notebook.waitForState(1, 'success');
    await notebook.run(2);
    await notebook.waitForState(2, 'error');
    await notebook.waitForOutput(/SIGSEGV/);
    await workbench().screenshot('python-crash');
    await notebook.run(3);
    await notebook.waitForOutput('value is still 6');
  });

  it('a Python kernel via Jupyter that crashes says so and offers to run what is above', async () => {
    const notebook = await open('python-crash-jupyter');
    await notebook.waitForKernel(/Python via Jupyter/);
    await notebook.runAll();
    await notebook.waitForState(2, 'error');
    await workbench().waitForText(/ended/);
    await workbench().screenshot('python-crash-jupyter');
    await workbench().clickNotification(/ended/, 'Restart and Run All Above');
    await notebook.waitForState(1, 'success');
    await notebook.waitForOutput('value is 6');
    await notebook.run(3);
    await notebook.waitForState(3, 'success');
    await workbench().screenshot('python-crash-jupyter-after');
  });

  it('200 MB of output leave the window usable, and the notebook keeps both ends', async () => {
    const notebook = await open('runaway');
    await notebook.run(0);
    await notebook.waitForState(0, 'executing');
    await notebook.waitForOutput(/0{20}/);
    await workbench().setTheme('dark');
    await workbench().setTheme('light');
    await notebook.waitForState(0, 'success', 120_000);
    await workbench().screenshot('runaway');
    await workbench().runCommand('Notebook: Focus Last Cell');
    await notebook.run(1);
    await notebook.waitForLast('success');
    const [first] = (await notebook.save()).cells;
    const text = JSON.stringify(first?.outputs);
    expect(text).toContain('0000000001');
    expect(text).toContain('the end');
    expect(text).toMatch(/\[\.\.\. 1\d\d\.\d MB of text left out \.\.\.\]/);
    expect(statSync(path.join(workbench().folder, 'runaway.ipynb')).size).toBeLessThan(13e6);
  });

  it('variables outlive a reload of the window; restart, run all and shut down do what they say', async () => {
    const before = await open('life');
    await before.run(0);
    await before.waitForState(0, 'success');
    await before.save();
    await workbench().reload();
    const notebook = workbench().notebook('life.ipynb');
    await notebook.waitUntilShown(60_000);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.run(1);
    await notebook.waitForOutput('once is 2');
    await workbench().runCommand('ROOTbook: Restart Kernel');
    await notebook.run(1);
    await notebook.waitForState(1, 'error');
    await notebook.waitForOutput(/undeclared identifier 'once'/);
    await workbench().runCommand('ROOTbook: Restart Kernel and Run All Cells');
    await notebook.waitForState(1, 'success');
    await notebook.waitForOutput('once is 2');
    await workbench().screenshot('life');
    expect(workbench().kernelHosts()).toHaveLength(1);
    await workbench().runCommand('ROOTbook: Shut Down Kernels…');
    const picker = workbench().page.locator('.quick-input-widget', { hasText: 'Kernels to shut down' });
    await picker.locator('.monaco-list-row', { hasText: 'life.ipynb' }).waitFor();
    await workbench().screenshot('shut-down-kernels');
    await picker.locator('.monaco-list-row').first().click();
    await workbench().page.keyboard.press('Enter');
    await expect.poll(() => workbench().kernelHosts(), { timeout: 15_000 }).toEqual([]);
    await notebook.run(0);
    await notebook.waitForState(0, 'success');
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
    await expect.poll(() => workbench().kernelHosts(), { timeout: 15_000 }).toEqual([]);
  });
});
