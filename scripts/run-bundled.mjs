// @ts-check
// Runs a TypeScript program on Node 20, which cannot read it: bundles it first. Packages stay where they are.
import { spawn } from 'node:child_process';
import { build } from 'esbuild';
import path from 'node:path';
import { repository } from './tools.mjs';

/**
 * @param {string} file Path from the repository's top.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} The exit code.
 */
export async function runBundled(file, args, env = process.env) {
  // Inside the repository, so that packages are found; at the depth of `scripts/`, so that paths to them stay right.
  const outfile = path.join(repository, 'dist', `${path.basename(file, '.ts')}.mjs`);
  await build({
    absWorkingDir: repository,
    entryPoints: [file],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    logLevel: 'warning',
  });
  const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...args], {
    stdio: 'inherit',
    env,
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}
