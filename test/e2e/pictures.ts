import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../../scripts/tools.mjs';
import type { NotebookView } from '../support/workbench/notebook-view.ts';
import { Workbench } from '../support/workbench/workbench.ts';
import type { WrittenNotebook } from '../support/workbench/write-notebook.ts';

// Makes the pictures of the README: `npm run pictures`.

const notebooks: Record<string, WrittenNotebook> = {
  'bump-hunt': {
    kernel: 'cpp',
    cells: [
      `TH1D mass("mass", "A bump on a background;mass [GeV];events", 60, 0, 10);
for (int i = 0; i < 8000; ++i) mass.Fill(gRandom->Exp(4));
for (int i = 0; i < 1500; ++i) mass.Fill(gRandom->Gaus(5, 0.4));
TF1 model("model", "[0]*exp(-x/[1]) + gaus(2)", 0.5, 9.5);
model.SetParameters(300, 4, 200, 5, 0.5);
gStyle->SetOptFit(1);
TCanvas canvas("canvas", "A bump", 700, 430);
mass.Fit(&model, "RQ");
mass.Draw("E");
canvas.Draw();`,
    ],
  },
  'typing-error': {
    kernel: 'cpp',
    cells: [
      `double area(double radius) { return TMath::Pi() * radius * radius; }
area(2)`,
      `for (int i = 1; i < 4; ++i)
  std::cout << i << ": " << area(i) << std::endl;
area(radios)`,
      `std::cout << "not reached" << std::endl;`,
    ],
  },
  'null-pointer': {
    kernel: 'cpp',
    cells: [
      `TH1D hist("hist", "", 10, 0, 1);
hist.FillRandom("pol0", 1000);`,
      `void countEntries(TH1D *h) {
  std::cout << h->GetEntries() << std::endl;
}
hist.Reset();
countEntries(nullptr);`,
      `hist.GetEntries()`,
    ],
  },
};

const folder = path.join(repository, 'images');
mkdirSync(folder, { recursive: true });
const workbench = await Workbench.start({
  notebooks,
  viewport: { width: 960, height: 800 },
  settings: { 'workbench.activityBar.location': 'hidden', 'breadcrumbs.enabled': false },
});
try {
  await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
  const bump = await open('bump-hunt');
  await bump.runAll();
  await bump.waitForState(0, 'success');
  await bump.outputWith('.rootbook-drawing svg');
  for (const theme of ['dark', 'light'] as const) {
    await workbench.setTheme(theme);
    // The plot takes the colours of the theme a moment after the window.
    const text = theme === 'dark' ? 'rgb(204, 204, 204)' : 'rgb(59, 59, 59)';
    await bump.outputWith(`.rootbook-layer:only-child[style*="${text}"]`);
    await keep(`plot-${theme}`);
  }
  const failing = await open('typing-error');
  await failing.runAll();
  await failing.waitForNotRun(2);
  await failing.waitForOutput('radios');
  await keep('failing-cell');
  const crash = await open('null-pointer');
  // One by one: a copy is taken after each cell.
  for (const [index, state] of (['success', 'error', 'success'] as const).entries()) {
    await crash.run(index);
    await crash.waitForState(index, state);
  }
  await crash.waitForOutput('1000');
  await keep('crash');
} catch (error) {
  await workbench.keepEvidence('pictures');
  throw error;
} finally {
  await workbench.close();
}

async function open(name: string): Promise<NotebookView> {
  const notebook = await workbench.openNotebook(`${name}.ipynb`);
  await notebook.waitForKernel(/ROOT .*C\+\+/);
  return notebook;
}

/** Without the tooltip under the mouse, and two frames later, so that a new theme and the last output are on the screen. */
async function keep(name: string): Promise<void> {
  await workbench.page.mouse.move(880, 12);
  await workbench.page.locator('.workbench-hover-container').waitFor({ state: 'hidden' });
  await workbench.page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  copyFileSync(await workbench.screenshot(`picture-${name}`), path.join(folder, `${name}.png`));
}
