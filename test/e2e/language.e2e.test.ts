import type { Locator } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const notebooks = {
  help: {
    kernel: 'cpp',
    cells: [
      'TH1F h("h", "", 10, 0, 1);\nauto twice = [](double x) { return 2 * x; };',
      'h.FillRandom("gaus");',
      '// here:\n',
    ],
  },
  busy: {
    kernel: 'cpp',
    cells: ['TH1F h("h", "", 10, 0, 1);', 'while (true) gSystem->ProcessEvents();', '// here:\n'],
  },
} as const;

describe('help in C++ cells', () => {
  const workbench = useWorkbench({
    notebooks,
    viewport: { width: 1280, height: 900 },
    settings: { 'rootbook.language.enabled': true },
  });
  afterEach(() => workbench().endJourney());

  const widget = (selector: string, text: string | RegExp): Locator =>
    workbench().page.locator(selector, { hasText: text }).first();
  const suggestion = (text: string | RegExp): Locator =>
    widget('.suggest-widget.visible .monaco-list-row', text);
  const patient = { timeout: 60_000 };

  it('completes members, shows arguments, explains a name and underlines a mistake, without a kernel', async () => {
    const notebook = await workbench().openNotebook('help.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.type(2, 'h.');
    await suggestion(/.+/).waitFor(patient);
    await workbench().screenshot('language-members');
    await workbench().page.keyboard.type('Fil');
    await suggestion(/^Fill\(Double_t x\)/).waitFor(patient);
    await workbench().screenshot('language-completion-light');
    await workbench().page.keyboard.press('Enter');
    await widget('.parameter-hints-widget.visible', /Fill\(Double_t x/).waitFor(patient);
    await workbench().screenshot('language-signature-light');
    // A call without arguments is a mistake until there is one.
    const mistakes = notebook.cell(2).locator('.squiggly-error');
    await mistakes.first().waitFor({ ...patient, state: 'attached' });
    await workbench().page.keyboard.press('Escape');
    await workbench().screenshot('language-mistake-light');
    await workbench().page.keyboard.type('3');
    await expect.poll(() => mistakes.count(), patient).toBe(0);
    await notebook.cell(1).locator('.view-line span', { hasText: 'FillRandom' }).last().hover();
    await widget('.monaco-hover', /TH1::FillRandom/).waitFor(patient);
    await workbench().screenshot('language-hover-light');
    await workbench().setTheme('dark');
    await notebook.type(2, '); tw');
    await suggestion(/twice/).waitFor(patient);
    await workbench().screenshot('language-completion-dark');
    await workbench().page.keyboard.press('Escape');
    await notebook.cell(1).locator('.view-line span', { hasText: 'FillRandom' }).last().hover();
    await widget('.monaco-hover', /TH1::FillRandom/).waitFor(patient);
    await workbench().screenshot('language-hover-dark');
    expect(workbench().kernelHosts()).toEqual([]);
    await workbench().setTheme('light');
  });

  it('answers the same while a cell runs', async () => {
    const notebook = await workbench().openNotebook('busy.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    await notebook.run(0);
    await notebook.waitForState(0, 'success');
    await notebook.run(1);
    await notebook.waitForState(1, 'executing');
    await notebook.type(2, 'h.GetM');
    await suggestion(/^GetMean/).waitFor(patient);
    await workbench().screenshot('language-busy');
    await workbench().page.keyboard.press('Escape');
    await notebook.interrupt();
    await notebook.waitForState(1, 'error');
  });
});
