import { afterEach, describe, expect, it } from 'vitest';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import type { Workbench } from '../support/workbench/workbench.ts';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const lines = 60;
/** Prints and plots, remembers that it did, and does not end before the journey has seen it run: `goOn`. */
const long = `TH1F h("h", "long", 20, -3, 3);
for (int i = 0; i < ${String(lines)}; ++i) { printf("line %03d\\n", i); fflush(stdout); gSystem->Sleep(100); }
while (gSystem->AccessPathName("go-on")) gSystem->Sleep(100);
h.FillRandom("gaus", 300); TCanvas c("c", "", 400, 250); h.Draw(); c.Draw();
int finished = 1;`;

const notebooks = {
  reload: {
    kernel: 'cpp',
    cells: ['int before = 41;', long, 'std::cout << "sum " << before + finished << std::endl;'],
  },
  crash: {
    kernel: 'cpp',
    cells: ['int before = 41;', long, 'std::cout << "sum " << before + finished << std::endl;'],
  },
  interrupt: {
    kernel: 'cpp',
    cells: ['for (long i = 0;; ++i) { if (i % 10 == 0) printf("tick %ld\\n", i); gSystem->Sleep(20); }'],
  },
  windows: { kernel: 'cpp', cells: ['int mine = 7;', long, 'std::cout << "mine is " << mine << std::endl;'] },
  killed: {
    kernel: 'cpp',
    cells: [
      'printf("said before the end\\n");',
      'printf("said last\\n"); fflush(stdout); gSystem->Sleep(100000);',
    ],
  },
} as const;

/** Fails unless every line is there, once, in order. */
function expectAllLines(text: string): void {
  const found = [...text.matchAll(/line (\d{3})/g)].map(([, number]) => Number(number));
  expect(found).toEqual(Array.from({ length: lines }, (_, index) => index));
}

describe('a kernel outlives its window', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 1400 } });
  afterEach(() => workbench().endJourney());

  async function open(name: keyof typeof notebooks): Promise<NotebookView> {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    return notebook;
  }

  async function comeBack(name: keyof typeof notebooks, window: Workbench): Promise<NotebookView> {
    const notebook = window.notebook(`${name}.ipynb`);
    await notebook.waitUntilShown(90_000);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    return notebook;
  }

  it.each([
    ['reload', 'a reload of the window', () => workbench().reload()],
    ['crash', 'a crash of the editor', () => workbench().crash()],
  ] as const)('every line of a running cell is there once after %s', async (name, _, away) => {
    const before = await open(name);
    await before.run(0);
    await before.waitForState(0, 'success');
    await before.run(1);
    await before.waitForOutput('line 003');
    await away();
    const notebook = await comeBack(name, workbench());
    await notebook.waitForState(1, 'executing');
    await notebook.waitForOutput('line 010');
    await workbench().screenshot(`reattached-${name}`);
    workbench().goOn();
    await notebook.waitForState(1, 'success');
    await notebook.run(2);
    await notebook.waitForOutput('sum 42');
    const { cells } = await notebook.save();
    expect(cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3]);
    expectAllLines(JSON.stringify(cells[1]?.outputs));
    expect(JSON.stringify(cells[1]?.outputs)).toContain('image/png');
    await workbench().reload();
    await comeBack(name, workbench());
    expect(await workbench().notebook(`${name}.ipynb`).isDirty()).toBe(false);
  });

  it('an interrupt works at once in a window that came back', async () => {
    const before = await open('interrupt');
    await before.run(0);
    await before.waitForOutput(/tick/);
    await workbench().reload();
    const notebook = await comeBack('interrupt', workbench());
    await notebook.waitForState(0, 'executing');
    await notebook.interrupt();
    await notebook.waitForState(0, 'error');
    await notebook.waitForOutput(/Interrupted/);
    await workbench().screenshot('interrupted-after-reload');
  });

  it('a second window says where the kernel is, and takes it over with all that was printed', async () => {
    const first = await open('windows');
    await first.run(0);
    await first.waitForState(0, 'success');
    await first.run(1);
    await first.waitForOutput('line 002');
    const other = await workbench().another();
    await other.openNotebook('windows.ipynb');
    await other.waitForText(/is attached in the window of folder/);
    await other.screenshot('attached-elsewhere');
    await other.clickNotification(/is attached in/, 'Take Over');
    const second = other.notebook('windows.ipynb');
    await second.waitForState(1, 'executing');
    workbench().goOn();
    await workbench().waitForText(/Another window has taken over/);
    await first.waitForMark(1, 'Goes on in another window');
    await workbench().screenshot('taken-over');
    await second.waitForState(1, 'success');
    await second.run(2);
    await second.waitForOutput('mine is 7');
    expectAllLines(JSON.stringify((await second.save()).cells[1]?.outputs));
    await other.page.close();
  });

  it('what a killed kernel printed is offered when the notebook is opened again', async () => {
    const before = await open('killed');
    await before.run(0);
    await before.run(1);
    await before.waitForOutput('said last');
    await workbench().runCommand('View: Revert and Close Editor');
    for (const pid of workbench().kernelHosts()) process.kill(pid, 'SIGKILL');
    await expect.poll(() => workbench().kernelHosts(), { timeout: 15_000 }).toEqual([]);
    await workbench().reload();
    const notebook = await open('killed');
    await workbench().waitForText(/was killed.* The output of 2 cells was not saved/);
    await workbench().screenshot('remains');
    await workbench().clickNotification(/was not saved/, 'Restore Output');
    await notebook.waitForState(0, 'success');
    await notebook.waitForState(1, 'error');
    await notebook.waitForOutput('said before the end');
    await notebook.waitForOutput(/said last/);
    await notebook.waitForOutput(/The kernel is gone/);
    await workbench().screenshot('remains-restored');
  });
});
