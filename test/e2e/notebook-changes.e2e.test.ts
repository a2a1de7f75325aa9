import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import { RunningKernelsView } from '../support/workbench/running-kernels-view.ts';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const lines = 20;
/** Prints, and ends when the journey has seen enough: `goOn`. */
const long = `for (int i = 0; i < ${String(lines)}; ++i) { printf("line %03d\\n", i); fflush(stdout); gSystem->Sleep(100); }
while (gSystem->AccessPathName("go-on")) gSystem->Sleep(100);
printf("the end\\n");`;
const cells = [long, 'printf("second\\n");'];

const notebooks = {
  before: { kernel: 'cpp', cells },
  elsewhere: { kernel: 'cpp', cells },
  edited: { kernel: 'cpp', cells },
  moved: { kernel: 'cpp', cells },
  deleted: { kernel: 'cpp', cells },
  old: { kernel: 'cpp', cells },
} as const;

const Saved = z.looseObject({ cells: z.array(z.looseObject({ source: z.unknown() })) });
type Cells = z.infer<typeof Saved>['cells'];

describe('a notebook that changes while its cell runs', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 1000 } });
  afterEach(() => workbench().endJourney());

  async function open(name: string): Promise<NotebookView> {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    return notebook;
  }

  /** Runs the first cell until it prints. */
  async function start(name: string): Promise<NotebookView> {
    const notebook = await open(name);
    await notebook.run(0);
    await notebook.waitForOutput('line 003');
    return notebook;
  }

  /** Closes the notebook while its cell runs, changes the cells of its file and opens it again. */
  async function changeMeanwhile(name: string, change: (cells: Cells) => Cells): Promise<NotebookView> {
    const before = await start(name);
    // While it prints, a saved notebook is at once one with changes again.
    await before.waitForOutput(`line 0${String(lines - 1)}`);
    await before.save();
    await workbench().runCommand('View: Revert and Close Editor');
    const file = path.join(workbench().folder, `${name}.ipynb`);
    const saved = Saved.parse(JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, JSON.stringify({ ...saved, cells: change(saved.cells) }));
    return open(name);
  }

  async function expectAllLines(notebook: NotebookView, index: number): Promise<void> {
    const text = JSON.stringify((await notebook.save()).cells[index]?.outputs);
    const found = [...text.matchAll(/line (\d{3})/g)].map(([, number]) => Number(number));
    expect(found).toEqual(Array.from({ length: lines }, (_, each) => each));
    expect(text).toContain('the end');
  }

  /** Runs the cell of a notebook, whose row in the explorer is then selected. */
  async function startInExplorer(name: string): Promise<Locator> {
    await start(name);
    const explorer = workbench().page.locator('.explorer-folders-view');
    await workbench().runCommand('File: Focus on Files Explorer');
    await explorer.locator('.monaco-list-row', { hasText: `${name}.ipynb` }).click();
    return explorer;
  }

  /** The notebook under its new name: its cell goes on and ends with all that it printed. */
  async function expectToGoOn(notebook: NotebookView): Promise<void> {
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.waitForState(0, 'executing');
    await notebook.waitForOutput('line 019');
    workbench().goOn();
    await notebook.waitForState(0, 'success');
    await expectAllLines(notebook, 0);
    await notebook.run(1);
    await notebook.waitForOutput('second');
    expect(workbench().kernelHosts()).toHaveLength(1);
  }

  it('keeps its kernel and every line when it is renamed', async () => {
    const explorer = await startInExplorer('before');
    const { page } = workbench();
    await page.keyboard.press('F2');
    await explorer.locator('input').fill('after.ipynb');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'after.ipynb' }).waitFor();
    await expectToGoOn(workbench().notebook('after.ipynb'));
  });

  it('keeps its kernel and every line when it is moved', async () => {
    mkdirSync(path.join(workbench().folder, 'sub'));
    const explorer = await startInExplorer('elsewhere');
    const { page } = workbench();
    await page.keyboard.press('Control+X');
    await explorer.locator('.monaco-list-row', { hasText: 'sub' }).click();
    await page.keyboard.press('Control+V');
    await page.locator('.breadcrumbs-control', { hasText: 'sub' }).waitFor();
    await expectToGoOn(workbench().notebook('sub/elsewhere.ipynb'));
  });

  it('shows the output in a cell that was edited, and says that it is not what ran', async () => {
    const notebook = await changeMeanwhile('edited', ([first, ...rest]) => [
      { ...first, source: 'printf("edited\\n");' },
      ...rest,
    ]);
    await notebook.waitForState(0, 'executing');
    await notebook.waitForMark(0, 'Changed since it ran');
    await notebook.waitForOutput('line 019');
    await workbench().screenshot('edited-meanwhile');
    workbench().goOn();
    await notebook.waitForState(0, 'success');
    await expectAllLines(notebook, 0);
    await notebook.run(0);
    await notebook.waitForOutput(/^edited/m);
  });

  it('shows the output where the cell is now', async () => {
    const notebook = await changeMeanwhile('moved', (all) => all.toReversed());
    await notebook.waitForState(1, 'executing');
    workbench().goOn();
    await notebook.waitForState(1, 'success');
    await expectAllLines(notebook, 1);
    expect(await notebook.stateOf(0)).toBe('none');
  });

  it('offers the output of a cell that was deleted', async () => {
    await changeMeanwhile('deleted', (all) => all.slice(1));
    await workbench().waitForText(/runs a cell that is no longer in this notebook/);
    await workbench().screenshot('deleted-meanwhile');
    workbench().goOn();
    await workbench().waitForText(/has the output of a cell that is no longer in this notebook/);
    await workbench().clickNotification(/has the output of a cell/, 'Open Output');
    await workbench().page.locator('.monaco-editor .view-line', { hasText: 'line 019' }).waitFor();
    await workbench().screenshot('deleted-meanwhile-output');
  });

  it('of another version of ROOTbook is left to finish, and its output is given back', async () => {
    await start('old');
    await workbench().runCommand('View: Revert and Close Editor');
    workbench().pretendOtherVersion();
    const notebook = await open('old');
    await workbench().waitForText(/started by another version of ROOTbook.* A cell runs in it/);
    await workbench().runCommand('ROOT: Focus on Running Kernels View');
    await new RunningKernelsView(workbench().page).row('old.ipynb', /busy · another version/);
    await workbench().screenshot('other-version');
    await workbench().clickNotification(/another version/, 'Let It Finish');
    workbench().goOn();
    await workbench().waitForText(/The output of one cell was not saved/);
    await workbench().clickNotification(/was not saved/, 'Restore Output');
    await notebook.waitForState(0, 'success');
    await expectAllLines(notebook, 0);
    await notebook.run(1);
    await notebook.waitForOutput('second');
  });
});
