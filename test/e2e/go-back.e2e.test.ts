import { describe, expect, it } from 'vitest';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const notebooks = {
  'go-back': {
    kernel: 'cpp',
    cells: [
      'int n = 1;\nTH1F h("h", "kept", 20, -3, 3);',
      'n = 2;\nstd::cout << "set to " << n << std::endl;',
      'h.FillRandom("gaus", 500);\nTCanvas c("c", "", 500, 300);\nh.Draw();\nc.Draw();',
      'std::cout << "n is " << n << ", entries " << h.GetEntries() << std::endl;',
    ],
  },
} as const;

describe('going back to before a cell', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 1400 } });

  it('undoes it and what ran since, whose outputs stay and are dimmed, also after a reload', async () => {
    let notebook = await workbench().openNotebook('go-back.ipynb');
    await notebook.waitForKernel(/ROOT .*C\+\+/);
    for (const index of [0, 1, 2]) {
      await notebook.run(index);
      await notebook.waitForState(index, 'success');
    }
    await workbench().screenshot('before-going-back');
    await notebook.focusCell(1);
    await workbench().runCommand('ROOTbook: Go Back to Before This Cell');
    await notebook.waitForMark(1, 'Undone');
    await notebook.waitForMark(2, 'Undone');
    await workbench().screenshot('gone-back');
    await workbench().setTheme('dark');
    await workbench().screenshot('gone-back-dark');
    await workbench().setTheme('light');
    expect(await notebook.outputText()).toContain('set to 2');
    await notebook.save();
    await workbench().reload();
    notebook = workbench().notebook('go-back.ipynb');
    await notebook.waitUntilShown(60_000);
    await notebook.waitForMark(1, 'Undone');
    await notebook.waitForMark(2, 'Undone');
    expect(await notebook.cell(0).getByText('Undone').count()).toBe(0);
    await notebook.waitForOutput('set to 2');
    expect(await notebook.isDirty()).toBe(false);
    await workbench().screenshot('gone-back-reloaded');
    await notebook.run(3);
    await notebook.waitForOutput('n is 1, entries 0');
    await notebook.run(1);
    await notebook.waitForState(1, 'success');
    await notebook.run(3);
    await notebook.waitForOutput('n is 2, entries 0');
    await workbench().screenshot('run-again');
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
  });
});
