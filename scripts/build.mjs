// Bundles the extension, the kernel host, the headless runner and the webview code. `--watch` is not offered: a build takes a second.
import { build } from 'esbuild';

const node = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', sourcemap: true, logLevel: 'warning' };
const entries = [
  { ...node, entryPoints: ['client/src/extension.ts'], external: ['vscode'], outfile: 'client/dist/extension.cjs' },
  { ...node, entryPoints: ['client/src/kernel-host/main.ts'], external: ['zeromq'], outfile: 'client/dist/kernel-host/main.cjs' },
  { ...node, entryPoints: ['client/src/notebooks/headless.ts'], outfile: 'client/dist/headless.cjs' },
  {
    entryPoints: ['client/webview/renderer.ts'],
    bundle: true,
    platform: 'browser',
    target: 'chrome138',
    format: 'esm',
    splitting: true,
    minify: true,
    sourcemap: false,
    outdir: 'client/dist/webview',
    external: ['canvas', 'jsdom', 'gl', 'tmp', 'xhr2', '@resvg/resvg-js', 'fs'],
    logLevel: 'warning',
  },
];
await Promise.all(entries.map((options) => build(options)));
