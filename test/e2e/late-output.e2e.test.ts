import { describe, expect, it } from 'vitest';
import { useWorkbench } from '../support/workbench/use-workbench.ts';

const notebooks = {
  late: {
    kernel: 'cpp',
    cells: [
      `#include <thread>
std::thread([] {
  while (gSystem->AccessPathName("go-on")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  printf("said by the thread\\n"); fflush(stdout);
}).detach();
printf("the cell is over\\n");`,
      'int other = 2;',
    ],
  },
} as const;

describe('output that comes when no cell runs', () => {
  const workbench = useWorkbench({ notebooks, viewport: { width: 1280, height: 800 } });

  it('of a thread is shown below its cell and marked, also after a reload, and saved', async () => {
    const before = await workbench().openNotebook('late.ipynb');
    await before.waitForKernel(/ROOT .*C\+\+/);
    await before.run(0);
    await before.waitForState(0, 'success');
    workbench().goOn();
    await before.waitForOutput(/the cell is over\s*\[printed later, when no cell ran\]\s*said by the thread/);
    await before.waitForState(0, 'success');
    await workbench().screenshot('late-output');
    await workbench().reload();
    const notebook = workbench().notebook('late.ipynb');
    await notebook.waitUntilShown(60_000);
    await notebook.waitForOutput(
      /the cell is over\s*\[printed later, when no cell ran\]\s*said by the thread/,
    );
    await workbench().screenshot('late-output-reloaded');
    await workbench().setTheme('dark');
    await workbench().screenshot('late-output-dark');
    const text = JSON.stringify((await notebook.save()).cells[0]?.outputs);
    expect(text.match(/said by the thread/g)).toHaveLength(1);
    await workbench().runCommand('ROOTbook: Shut Down Kernel');
  });
});
