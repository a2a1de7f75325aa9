import { createReadStream, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const crash = [
  'import ROOT\nvalue = 5',
  'value += 1\nprint("value is", value)',
  'import os\nos.kill(os.getpid(), 11)',
];

const runawayLines = 4_000_000;
const talkativeText = Array.from(
  { length: 100_000 },
  (_, index) => `line ${String(index).padStart(6, '0')}\n`,
).join('');

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
      `for (long i = 0; i < ${String(runawayLines)}; i++) printf("%049ld\\n", i);\nputs("the end");`,
      'std::cout << "after" << std::endl;',
    ],
  },
  talkative: {
    kernel: 'cpp',
    cells: ['for (int i = 0; i < 100000; i++) printf("line %06d\\n", i);'],
  },
  life: {
    kernel: 'cpp',
    cells: ['int once = 1;', 'once++;\nstd::cout << "once is " << once << std::endl;'],
  },
} as const;

/** Counts lines that are numbers, one more each, up to `the end`. */
async function countNumbers(file: string): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === 'the end') return count;
    if (Number(line) !== count++) throw new Error(`${file} has "${line}" for line ${String(count)}`);
  }
  throw new Error(`${file} has no end`);
}

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
    const file = await notebook.outputFile(0);
    expect(await countNumbers(file)).toBe(runawayLines);
    expect(statSync(file).mode & 0o77).toBe(0);
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

  it('a cell that prints 100,000 lines links a file with all of them, also after a reload, saved or not', async () => {
    let notebook = await open('talkative');
    const comeBack = async (): Promise<void> => {
      await workbench().reload();
      notebook = workbench().notebook('talkative.ipynb');
      await notebook.waitUntilShown(60_000);
    };
    await notebook.run(0);
    await notebook.waitForState(0, 'success');
    const file = await notebook.outputFile(0);
    await comeBack();
    expect(await notebook.outputFile(0)).toBe(file);
    await workbench().screenshot('truncated');
    await workbench().setTheme('dark');
    await workbench().screenshot('truncated-dark');
    await workbench().setTheme('light');
    const shown = JSON.stringify((await notebook.save()).cells[0]?.outputs);
    expect(shown).toMatch(/line 000000.*\[\.\.\. 0\.\d MB of text left out \.\.\.\].*line 099999/);
    await comeBack();
    expect(await notebook.outputFile(0)).toBe(file);
    expect(await notebook.isDirty()).toBe(false);
    await (await notebook.waitForMark(0, 'Open all output')).click();
    const { page } = workbench();
    await page.locator('.tab.active', { hasText: path.basename(file) }).waitFor();
    await page.locator('.view-line', { hasText: 'line 000003' }).waitFor();
    await page.keyboard.press('Control+End');
    await page.locator('.view-line', { hasText: 'line 099999' }).waitFor();
    await workbench().screenshot('all-output');
    expect(readFileSync(file, 'utf8')).toBe(talkativeText);
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
