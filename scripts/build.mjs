// @ts-check
// Bundles the extension, the kernel host, the language server, the headless runner and the webview code. `--watch` is not offered: a build takes a second.
import { build } from 'esbuild';
import { webviewBundle } from './jsroot-plugin.mjs';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pythonFolder, repository, runLogged } from './tools.mjs';
import { placeZeromq } from './zeromq.mjs';

/** @type {import('esbuild').BuildOptions} */
const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'warning',
};
/** @type {import('esbuild').BuildOptions[]} */
const entries = [
  {
    ...node,
    entryPoints: ['client/src/extension.ts'],
    external: ['vscode'],
    outfile: 'client/dist/extension.cjs',
    // Activation reads a small file; the rest is a bundle of its own.
    plugins: [apart('composition')],
    supported: { 'dynamic-import': false },
  },
  {
    ...node,
    entryPoints: ['client/src/composition.vscode.ts'],
    external: ['vscode'],
    outfile: 'client/dist/composition.cjs',
    // Loaded with the first C++ cell.
    plugins: [apart('language-client')],
    supported: { 'dynamic-import': false },
  },
  {
    ...node,
    entryPoints: ['client/src/language/language-client.vscode.ts'],
    external: ['vscode'],
    outfile: 'client/dist/language-client.cjs',
  },
  {
    ...node,
    entryPoints: ['server/src/main.ts'],
    outfile: 'server/dist/main.cjs',
    define: { 'import.meta.dirname': '__dirname' },
  },
  {
    ...node,
    entryPoints: ['client/src/kernel-host/main.ts'],
    external: ['zeromq'],
    outfile: 'client/dist/kernel-host/main.cjs',
  },
  {
    ...node,
    entryPoints: ['client/src/kernel-host/runner/prebuild.ts'],
    outfile: 'client/dist/prebuild.cjs',
  },
  { ...node, entryPoints: ['client/src/notebooks/headless.ts'], outfile: 'client/dist/headless.cjs' },
  /** @type {import('esbuild').BuildOptions} */ (webviewBundle('client/dist/webview')),
];

/**
 * Leaves a module to a bundle of its own, beside this one.
 *
 * @param {string} name
 * @returns {import('esbuild').Plugin}
 */
function apart(name) {
  const filter = new RegExp(`/${name}[.]vscode[.]ts$`);
  return {
    name: `${name}-apart`,
    setup: ({ onResolve }) => {
      onResolve({ filter }, ({ kind }) =>
        kind === 'entry-point' ? undefined : { path: `./${name}.cjs`, external: true },
      );
    },
  };
}

/**
 * Builds everything into `client/dist`.
 *
 * @param {{ os: string, arch: string }} target The platform whose ZeroMQ goes beside the kernel host.
 */
export async function buildAll(target = { os: process.platform, arch: process.arch }) {
  const zeromq = path.join(repository, 'client/dist/kernel-host/node_modules/zeromq');
  await Promise.all([
    ...entries.map((options) => build({ absWorkingDir: repository, ...options })),
    placeZeromq(zeromq, target),
  ]);
  await prebuildRunner(target);
}

/** The runner for the ROOT of the package index, which exists for one platform. @param {{ os: string, arch: string }} target */
async function prebuildRunner({ os, arch }) {
  const runners = 'client/dist/kernel-host/runners';
  // One that was made for another platform must not get into this one's package.
  if (os !== 'linux' || arch !== 'x64')
    rmSync(path.join(repository, runners), { recursive: true, force: true });
  if (os !== 'linux' || arch !== 'x64' || !existsSync(pythonFolder)) return;
  const folders = [pythonFolder, 'client/agent', runners];
  await runLogged('prebuild', process.execPath, ['client/dist/prebuild.cjs', ...folders]);
}

if (path.basename(process.argv[1] ?? '') === 'build.mjs') await buildAll();
