import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const waiting = `import os, time
for i in tqdm(range(100), desc="fit"):
    while i == 70 and not os.path.exists("go-on"): time.sleep(0.01)
    time.sleep(0.01)`;

const notebooks = {
  live: {
    kernel: 'python',
    cells: [
      'import ROOT, ipywidgets\nslider = ipywidgets.IntSlider(7)\nslider',
      'slider.value = 8',
      `from tqdm.notebook import tqdm\n${waiting}`,
      'from tqdm.auto import tqdm\nfor i in tqdm(range(100), desc="toys"): time.sleep(0.01)',
    ],
  },
} as const;

const hint = 'Widget shown as text';

describe('widgets', () => {
  const workbench = useWorkbench({
    folder: path.join(repository, 'test', 'fixtures', 'notebooks'),
    notebooks,
    viewport: { width: 1280, height: 1100 },
  });

  async function lookInBothThemes(name: string): Promise<void> {
    await workbench().screenshot(name);
    await workbench().setTheme('dark');
    await workbench().screenshot(`${name}-dark`);
    await workbench().setTheme('light');
  }

  it('are text that follows their value, progress is one line, and the cell says how to use them', async () => {
    const notebook = await workbench().openNotebook('live.ipynb');
    await notebook.waitForKernel(/ROOT .*Python/);
    await notebook.run(0);
    await notebook.waitForOutput('IntSlider(value=7)');
    await notebook.waitForMark(0, hint);
    await notebook.run(1);
    await notebook.waitForOutput('IntSlider(value=8)');
    await notebook.run(2);
    await notebook.waitForOutput(/fit: +[1-7]\d%/);
    workbench().goOn();
    await notebook.waitForOutput(/fit: 100%/);
    await notebook.run(3);
    await notebook.waitForOutput(/toys: 100%/);
    await notebook.waitForState(3, 'success');
    expect(await notebook.cell(3).getByText(hint).count()).toBe(0);
    await lookInBothThemes('widgets');
    const { cells } = await notebook.save();
    const shown = JSON.stringify(cells.map(({ outputs }) => outputs));
    expect(shown.match(/(fit|toys): +\d+%/g)).toEqual(['fit: 100%', 'toys: 100%']);
    expect(shown).not.toContain('widget-view');
    await workbench().reload();
    const again = workbench().notebook('live.ipynb');
    await again.waitUntilShown(60_000);
    await again.waitForMark(0, hint);
    await again.waitForMark(2, hint);
    expect(await again.isDirty()).toBe(false);
    await workbench().endJourney();
  });

  it('that Jupyter saved are text, and the cell says how to use them', async () => {
    const notebook = await workbench().openNotebook('widgets-of-root.ipynb');
    await notebook.waitForKernel(/ROOT .*Python via Jupyter/);
    await notebook.waitForOutput('IntSlider(value=7)');
    await notebook.waitForOutput('0/100');
    await notebook.waitForMark(0, hint);
    await notebook.waitForMark(1, hint);
    await lookInBothThemes('widgets-saved');
    expect(await notebook.isDirty()).toBe(false);
  });
});
