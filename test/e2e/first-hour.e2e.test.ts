import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/tools.mjs';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const notebooks = {
  plot: {
    kernel: 'cpp',
    cells: [
      'TH1F h("h", "Height;cm;people", 20, -4, 4);\nh.FillRandom("gaus", 500);\nTCanvas c("c", "c", 600, 300);\nh.Draw();\nc.Draw();',
    ],
  },
} as const;

describe('the first hour', () => {
  const workbench = useWorkbench({
    folder: path.join(repository, 'test', 'fixtures', 'macros'),
    notebooks,
    viewport: { width: 1500, height: 1000 },
  });

  it.each([
    ['C++', 'std::cout << "six times seven is " << 6 * 7;', /ROOT .*C\+\+/],
    ['Python', '\nprint("six times seven is", 6 * 7)', /ROOT .*Python/],
  ] as const)('a new ROOTbook (%s) has its kernel and runs', async (language, code, kernel) => {
    await workbench().runCommand(`ROOTbook: New ROOTbook (${language})`);
    const notebook = workbench().notebook('Untitled');
    await notebook.waitUntilShown(30_000);
    await notebook.waitForKernel(kernel);
    await notebook.type(0, code);
    await workbench().page.keyboard.press('Control+Enter');
    await notebook.waitForState(0, 'success');
    await notebook.waitForOutput('six times seven is 42');
    await workbench().screenshot(`new-${language}`);
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
    await workbench().runCommand('View: Revert and Close Editor');
  });

  it('a C++ cell offers snippets', async () => {
    await workbench().runCommand('ROOTbook: New ROOTbook (C++)');
    const notebook = workbench().notebook('Untitled');
    await notebook.type(0, 'root-hist');
    await workbench().page.keyboard.press('Control+Space');
    const widget = workbench().page.locator('.suggest-widget.visible');
    await widget.locator('.monaco-list-row', { hasText: 'root-histogram' }).first().waitFor();
    await workbench().screenshot('snippets');
    await workbench().page.keyboard.press('Enter');
    await notebook.cell(0).getByText('TH1D').first().waitFor();
    await workbench().page.keyboard.press('Escape');
    await workbench().runCommand('View: Revert and Close Editor');
  });

  it('a plot is exported as PNG, SVG and ROOT JSON, and copied', async () => {
    const notebook = await workbench().openNotebook('plot.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.run(0);
    const plot = await notebook.outputWith('.rootbook-plot[data-state=drawn]');
    await workbench().screenshot('export-before');
    for (const format of ['png', 'svg', 'json'] as const) {
      await plot.hover();
      await plot.locator(`[data-action=${format}]`).click();
      await workbench().page.locator('.quick-input-widget', { hasText: 'Export Plot' }).waitFor();
      if (format === 'png') await workbench().screenshot('export-dialog');
      await workbench().page.keyboard.press('Enter');
      await workbench().waitForText(new RegExp(`Exported .*\\.${format}`));
    }
    const read = (name: string): string => readFileSync(path.join(workbench().folder, name), 'latin1');
    expect(read('c.png').slice(1, 4)).toBe('PNG');
    expect(read('c.svg')).toMatch(/^<svg|^<\?xml/);
    expect(JSON.parse(read('c.json'))).toMatchObject({ _typename: 'TCanvas' });
    await plot.hover();
    await plot.locator('[data-action=copy]').click();
    await plot.locator('[data-action=copy][data-outcome]').waitFor();
    await workbench().screenshot('exported');
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
  });

  it('a macro runs beside its text, in part too, and becomes a ROOTbook', async () => {
    await workbench().openFile('fill.C');
    await workbench().runCommand('ROOTbook: Run Macro');
    const notebook = workbench().notebook('Untitled');
    await notebook.waitForState(0, 'success');
    await notebook.waitForOutput('filled 100');
    const text = workbench()
      .page.locator('.editor-instance[data-mode-id="cpp"], .editor-group-container')
      .first();
    await text.locator('.view-line', { hasText: 'include' }).first().click();
    await workbench().runCommand('ROOTbook: Run Selection in ROOT Kernel');
    await notebook.waitForState(1, 'success');
    await workbench().screenshot('run-macro');
    await text.locator('.view-line', { hasText: 'include' }).first().click();
    await workbench().runCommand('ROOTbook: Macro to ROOTbook');
    await workbench().page.locator('.notebookOverlay .markdown, .notebookOverlay .markup').first().waitFor();
    await workbench().screenshot('macro-to-rootbook');
  });
});
