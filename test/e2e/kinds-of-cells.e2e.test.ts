import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useWorkbench } from '../support/workbench/use-workbench.ts';
import type { NotebookView } from '../support/workbench/notebook-view.ts';

const saysItsLanguage = [
  ...['c++', 'cpp', 'root'].map((language) => ({
    language,
    text: `std::cout << "I am ${language}" << std::endl;`,
  })),
  { language: 'python', text: 'print("I am", "python")' },
  { language: 'shellscript', text: 'echo "I am" "shell"' },
  { language: 'ruby', text: 'puts "I am ruby"' },
];

const notebooks = {
  'languages-cpp': { kernel: 'cpp', cells: ['1', ...saysItsLanguage, '1'] },
  'languages-python': { kernel: 'python', cells: ['import ROOT', ...saysItsLanguage, '1'] },
  'asks-cpp': {
    kernel: 'cpp',
    cells: [
      'int age = 0;\nstd::cin >> age;\nstd::cout << "next year " << age + 1 << std::endl;',
      'std::string more;\nstd::cin >> more;',
      'age + 100',
    ],
  },
  'asks-python': {
    kernel: 'python',
    cells: [
      'import ROOT\nage = int(input("How old? "))\nprint("next year", age + 1)',
      'input("And now? ")',
      'age + 100',
    ],
  },
  plots: {
    kernel: 'cpp',
    cells: [
      'TH1F h("h", "Height;cm;people", 20, 0, 20);\nh.Fill(3);\nTCanvas c("c", "c", 500, 220);\nh.Draw();\nc.Draw();',
      'for (int i = 0; i < 41; i++) h.Fill(15);\nc.Modified();\nc.Update();',
      'TCanvas c1("c1", "c1", 300, 160);\nh.Draw();\nc1.Draw();\nTCanvas c2("c2", "c2", 300, 160);\nh.Draw("P");\nc2.Draw();',
      'c.SaveAs("height.pdf");',
    ],
  },
  displays: {
    kernel: 'python',
    cells: [
      'import ROOT\nfrom IPython.display import *\nfor i in range(3):\n    clear_output(wait=True)\n    print("step", i)',
      '%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.figure(figsize=(3, 1.2)); plt.plot([1, 3, 2]); plt.show()',
      'import pandas as pd\npd.DataFrame({"energy": [1.5, 2.5], "name": ["mu", "e"]})',
      'display(Markdown("**bold** text"), Latex(r"$\\frac{a}{b}$"), JSON({"a": [1, 2]}))',
      'd = display("before", display_id="mine")',
      'update_display("after", display_id="mine");\nprint("\\x1b[31mred\\x1b[0m plain")',
    ],
  },
} as const;

describe('cells of every kind', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 1800 } });

  async function open(name: keyof typeof notebooks): Promise<NotebookView> {
    const notebook = await workbench().openNotebook(`${name}.ipynb`);
    await notebook.waitForKernel(notebooks[name].kernel === 'cpp' ? /ROOT .*C\+\+/ : /ROOT .*Python/);
    return notebook;
  }

  async function lookAt(name: string): Promise<void> {
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`${name}-${theme}`);
    }
  }

  it.each(['cpp', 'python'] as const)(
    'none is dropped in a %s notebook, whatever its language',
    async (kernel) => {
      const notebook = await open(`languages-${kernel}`);
      await notebook.runAll();
      await notebook.waitForState(5, 'success');
      for (const name of ['c++', 'cpp', 'root', 'python', 'shell'])
        await notebook.waitForOutput(`I am ${name}`);
      await notebook.waitForState(6, 'error');
      await notebook.waitForNotRun(7);
      await notebook.waitForOutput('A cell of language "ruby" cannot run here');
      await workbench().screenshot(`languages-${kernel}`);
      await workbench().runCommand('ROOTbook: Shut Down Kernel');
    },
  );

  it.each(['cpp', 'python'] as const)(
    'a %s cell that asks is answered in an input box, and stopped without an answer',
    async (kernel) => {
      const notebook = await open(`asks-${kernel}`);
      await notebook.run(0);
      await workbench().answer(/Cell 1 asks/, '41');
      await notebook.waitForState(0, 'success');
      await notebook.waitForOutput('next year 42');
      await notebook.run(1);
      await workbench()
        .page.locator('.quick-input-widget', { hasText: /Cell 2 asks/ })
        .waitFor();
      await workbench().screenshot(`asks-${kernel}`);
      await workbench().page.keyboard.press('Escape');
      await notebook.waitForState(1, 'error');
      await notebook.run(2);
      await notebook.waitForState(2, 'success');
      await notebook.waitForOutput('141');
      await workbench().screenshot(`asked-${kernel}`);
      await workbench().runCommand('ROOTbook: Shut Down Kernel');
    },
  );

  it('plots change in place, come several in a cell, and files that a cell writes are linked', async () => {
    const notebook = await open('plots');
    for (const index of [0, 1, 2, 3]) {
      await notebook.run(index);
      await notebook.waitForState(index, 'success');
      await notebook.outputWith('.rootbook-plot[data-state=drawn]');
    }
    await notebook.cell(3).locator('.cell-status-item', { hasText: 'height.pdf' }).waitFor();
    expect(existsSync(path.join(workbench().folder, 'height.pdf'))).toBe(true);
    await lookAt('plots');
    const saved = await notebook.save();
    expect(saved.cells.map(({ outputs }) => outputs.length)).toEqual([1, 0, 2, 1]);
    // Filled once before the plot was drawn and 41 times afterwards.
    expect(/\d+ entries/.exec(JSON.stringify(saved.cells[0]?.outputs))?.[0]).toBe('42 entries');
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
  });

  it('what Python displays looks as in other front ends', async () => {
    const notebook = await open('displays');
    await notebook.runAll();
    await notebook.waitForState(5, 'success');
    await notebook.waitForOutput('step 2');
    await notebook.waitForOutput(/after/);
    await notebook.outputWith('table.dataframe');
    await notebook.outputWith('.output_container img');
    await notebook.outputWith('.katex');
    await lookAt('displays');
    const saved = await notebook.save();
    const kinds = saved.cells.map(({ outputs }) => outputs.map(({ output_type }) => output_type));
    expect(kinds).toEqual([
      ['stream'],
      ['display_data'],
      ['execute_result'],
      ['display_data', 'display_data', 'display_data'],
      ['display_data'],
      ['stream'],
    ]);
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
  });
});
