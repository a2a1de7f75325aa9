// @ts-check
// Runs the suites `test/integration/host/*.vscode.test.ts` inside the real extension host: of a desktop VS Code, which
// @vscode/test-electron fetches, or without a screen of the one from npm.
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildAll } from './build.mjs';
import { runMain } from './setup.mjs';
import { environmentWithRoot, findDesktopCode, repository, say } from './tools.mjs';

const suites = path.join(repository, 'test', 'integration', 'host');
const bundle = path.join(repository, 'test', 'dist', 'host.cjs');
const hostResult = path.join(repository, 'test', 'artifacts', 'results', 'host.json');

/** @returns {Promise<string>} Path of the bundle. */
async function bundleSuites() {
  const names = readdirSync(suites).filter((name) => name.endsWith('.vscode.test.ts'));
  const requires = names.map((name) => `require('./${name}');`).join('\n');
  await build({
    stdin: {
      contents: `import { runMocha } from '../../support/host/run-mocha.ts';
        export const run = () => runMocha(() => { ${requires} });`,
      resolveDir: suites,
      loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return bundle;
}

await runMain(async () => {
  await buildAll();
  const extensionTestsPath = await bundleSuites();
  mkdirSync(path.dirname(hostResult), { recursive: true });
  rmSync(hostResult, { force: true });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-folder-'));
  const shim = path.join(repository, 'test', 'support', 'host', 'code-shim.mjs');
  // A failing suite also ends the editor with an error; the result file says more.
  const failure = await runTests({
    ...(findDesktopCode() === undefined ? { vscodeExecutablePath: shim } : {}),
    extensionDevelopmentPath: repository,
    extensionTestsPath,
    extensionTestsEnv: { ...environmentWithRoot(), ROOTBOOK_HOST_RESULT: hostResult },
    launchArgs: [folder],
  }).then(
    () => undefined,
    (error) => error,
  );
  rmSync(folder, { recursive: true, force: true });
  if (!existsSync(hostResult)) {
    say(`The extension host ended without a result: ${String(failure)}`);
    return 1;
  }
  const { passed, failed } = JSON.parse(readFileSync(hostResult, 'utf8'));
  say(`extension host: ${passed.length} passed, ${failed.length} failed`);
  return failed.length > 0 || passed.length === 0 ? 1 : 0;
});
