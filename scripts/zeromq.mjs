// @ts-check
// ZeroMQ for the kernel host: one JavaScript file and the add-on of one platform, instead of 34 MB for all of them.
import { build } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './tools.mjs';

const source = path.join(repository, 'node_modules', 'zeromq');
/**
 * Writes a self-contained `zeromq` package.
 *
 * @param {string} folder The package's own folder.
 * @param {{ os: string, arch: string }} target As Node names them.
 */
export async function placeZeromq(folder, target) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'build'), { recursive: true });
  await build({
    entryPoints: [path.join(source, 'lib', 'index.js')],
    outfile: path.join(folder, 'lib', 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const { name, version, license } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
  const manifest = addonsOf(target);
  if (Object.keys(manifest).length === 0)
    throw new Error(`zeromq has no add-on for ${target.os}-${target.arch}`);
  for (const file of Object.values(manifest))
    cpSync(path.join(source, 'build', file), path.join(folder, 'build', file));
  writeFileSync(path.join(folder, 'build', 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name, version, license, main: 'lib/index.js' }),
  );
  for (const file of ['LICENSE.txt', 'LICENSE_MPL-2.0.txt'])
    cpSync(path.join(source, file), path.join(folder, file));
}

/**
 * The part of zeromq's manifest (build configuration as JSON: file) that a platform needs: one add-on for each C library.
 * The one for the newest Node is what zeromq tries first. All use Node's stable interface, so it loads in Node 20 and in
 * Electron as well, and on Linux it needs glibc 2.25 only, where one for an older Node needs 2.38.
 *
 * @param {{ os: string, arch: string }} target
 * @returns {Record<string, string>}
 */
function addonsOf({ os, arch }) {
  /** @type {Record<string, string>} */
  const all = JSON.parse(readFileSync(path.join(source, 'build', 'manifest.json'), 'utf8'));
  const fitting = Object.entries(all)
    .map(([key, file]) => ({ key, file: file.replaceAll('\\', '/'), config: JSON.parse(key) }))
    .filter(({ config }) => config.os === os && config.arch === arch)
    .sort((a, b) => b.config.abi - a.config.abi);
  const libraries = [...new Set(fitting.map(({ config }) => config.libc))];
  const newest = libraries.map((libc) => fitting.find(({ config }) => config.libc === libc));
  return Object.fromEntries(newest.map((addon) => [addon?.key, addon?.file]));
}
