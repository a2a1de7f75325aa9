import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const folder = path.join(repository, 'test', 'fixtures', 'journeys');

describe('a notebook in the real workbench', () => {
  const workbench = useWorkbench({ folder });

  it('runs all its C++ cells on a local ROOT and shows the plot, in light and in dark', async () => {
    const notebook = await workbench().openNotebook('plot.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    expect(await notebook.isDirty()).toBe(false);
    await notebook.runAll();
    await notebook.waitForState(2, 'success');
    const plot = await notebook.outputWith('.rootbook-drawing svg');
    expect(await plot.isVisible()).toBe(true);
    await notebook.waitForOutput('entries 5000');
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      // The plot takes the colours of the theme a moment after the window.
      const text = theme === 'dark' ? 'rgb(204, 204, 204)' : 'rgb(59, 59, 59)';
      await notebook.outputWith(`.rootbook-layer:only-child[style*="${text}"]`);
      await workbench().screenshot(`plot-${theme}`);
    }
    const saved = await notebook.save();
    expect(saved.cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3]);
    const data = z.record(z.string(), z.unknown()).parse(saved.cells[1]?.outputs[0]?.['data']);
    expect(Object.keys(data).sort()).toEqual(['image/png', 'text/html', 'text/plain']);
  });

  it('marks a failing cell as failed and does not run those after it', async () => {
    const notebook = await workbench().openNotebook('failing.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.runAll();
    await notebook.waitForState(1, 'error');
    await notebook.waitForNotRun(2);
    expect(await notebook.stateOf(0)).toBe('success');
    await notebook.waitForOutput("use of undeclared identifier 'undefined_name'");
    await workbench().screenshot('failing-cell');
    const saved = await notebook.save();
    expect(saved.cells.map(({ outputs }) => outputs.map(({ output_type }) => output_type))).toEqual([
      [],
      ['error'],
      [],
    ]);
  });

  it('loses only the cell that crashes: the next one finds the session as it was before', async () => {
    const notebook = await workbench().openNotebook('crash.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.run(0);
    await notebook.waitForState(0, 'success');
    await notebook.run(1);
    await notebook.waitForState(1, 'error');
    await workbench().screenshot('crash');
    await notebook.run(2);
    await notebook.waitForState(2, 'success');
    await notebook.waitForOutput('kept is 7');
    await notebook.waitForOutput(/SIGSEGV|segmentation/i);
  });

  it('runs Python cells with ROOT on the kernel of the same environment', async () => {
    const notebook = await workbench().openNotebook('python.ipynb');
    await notebook.waitForKernel(/ROOT .*Python/);
    await notebook.runAll();
    await notebook.waitForState(0, 'success');
    await notebook.waitForOutput('entries 1');
  });
});
