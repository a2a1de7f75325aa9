import { afterAll, afterEach, beforeAll } from 'vitest';
import { Workbench, type WorkbenchOptions } from './workbench.ts';

/**
 * Starts a workbench before the tests of a file or `describe` and closes it after them. A test that fails leaves a picture and
 * all logs in `test/artifacts`.
 */
export function useWorkbench(options: WorkbenchOptions): () => Workbench {
  let workbench: Workbench | undefined;
  beforeAll(async () => {
    workbench = await Workbench.start(options);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench?.keepEvidence(task.name.replaceAll(/\W+/g, '-').slice(0, 80));
  });
  afterAll(async () => {
    await workbench?.close();
  });
  return () => {
    if (!workbench) throw new Error('the workbench has not started');
    return workbench;
  };
}
