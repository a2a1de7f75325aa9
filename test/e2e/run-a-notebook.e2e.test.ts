import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const folder = path.join(repository, 'test', 'fixtures', 'journeys');

describe('a C++ notebook in the real workbench', () => {
  const workbench = useWorkbench({ folder });

  it('runs all its cells on a local ROOT and shows the plot, in light and in dark', async () => {
    const notebook = await workbench().openNotebook('plot.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    expect(await notebook.isDirty()).toBe(false);
    await notebook.runAll();
    await notebook.waitForState(2, 'success');
    const plot = await notebook.outputWith('.rootbook-plot svg');
    expect(await plot.isVisible()).toBe(true);
    expect(await notebook.outputText()).toContain('entries 5000');
    for (const theme of ['light', 'dark'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`plot-${theme}`);
    }
    const saved = await notebook.save();
    expect(saved.cells.map(({ execution_count }) => execution_count)).toEqual([1, 2, 3]);
    expect(Object.keys((saved.cells[1]?.outputs[0]?.['data'] ?? {}) as object)).toEqual(
      expect.arrayContaining(['image/png', 'text/html', 'text/plain']),
    );
  });
});
