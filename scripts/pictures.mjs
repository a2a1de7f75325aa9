// @ts-check
// `npm run pictures`: makes the pictures of the README in `images/`, as the real window shows them.
import { runMain, setUp } from './setup.mjs';
import { environmentWithRoot } from './tools.mjs';

await runMain(async () => {
  await setUp(['node_modules', 'python', 'vscode', 'browser']);
  const { runBundled } = await import('./run-bundled.mjs');
  return runBundled('test/e2e/pictures.ts', [], environmentWithRoot());
});
