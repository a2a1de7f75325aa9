import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

describe('the samples', () => {
  const workbench = useWorkbench({ folder: path.join(repository, 'samples') });

  it.each(['first-steps-cpp', 'first-steps-python'])('%s runs from top to bottom', async (name) => {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(/ROOT/);
    await notebook.runAll();
    await notebook.outputWith('.rootbook-drawing svg');
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`${name}-${theme}`);
    }
    await notebook.waitForLast('success');
    await workbench().screenshot(`${name}-end`);
    const code = (await notebook.save()).cells.filter(({ cell_type }) => cell_type === 'code');
    expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, index) => index + 1));
    const kinds = code.flatMap(({ outputs }) => outputs.map(({ output_type }) => output_type));
    expect(kinds).not.toContain('error');
    expect(kinds).toContain('display_data');
  });
});
