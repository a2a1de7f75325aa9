// @ts-check
// `npm run -s notebook -- IN.ipynb OUT.ipynb [--root DIR] [--kernel cpp|python]`: runs a notebook without an editor.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { runMain, setUp } from './setup.mjs';
import { environmentWithRoot, repository } from './tools.mjs';

await runMain(async () => {
  const args = process.argv.slice(2);
  await setUp(args.includes('--root') ? ['node_modules'] : ['node_modules', 'python']);
  const { buildAll } = await import('./build.mjs');
  await buildAll();
  const program = path.join(repository, 'client', 'dist', 'headless.cjs');
  // npm runs scripts at the repository's top; the paths are meant from where the user is.
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    stdio: 'inherit',
    env: environmentWithRoot(),
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
});
