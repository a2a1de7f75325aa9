// @ts-check
// `npm run bench -- NAME [--json FILE]`
import { runMain, setUp } from './setup.mjs';
import { environmentWithRoot } from './tools.mjs';

await runMain(async () => {
  await setUp(['node_modules', 'python', 'vscode', 'browser']);
  const { buildAll } = await import('./build.mjs');
  const { runBundled } = await import('./run-bundled.mjs');
  await buildAll();
  return runBundled('test/bench/run.ts', process.argv.slice(2), environmentWithRoot());
});
