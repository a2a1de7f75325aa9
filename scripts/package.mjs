// @ts-check
// Makes the vsix of a platform and looks at what is in it: anything that is not on the list below is refused.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildAll } from './build.mjs';
import { runMain } from './setup.mjs';
import { outputOf, repository, runLogged, say, SetupError } from './tools.mjs';

const platforms = {
  'linux-x64': { os: 'linux', arch: 'x64' },
  'linux-arm64': { os: 'linux', arch: 'arm64' },
  'darwin-x64': { os: 'darwin', arch: 'x64' },
  'darwin-arm64': { os: 'darwin', arch: 'arm64' },
};

/** What a vsix of any platform may hold. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/client\/dist\/(extension|composition|language-client|kernel-host\/main)\.cjs$/,
  /^extension\/client\/dist\/webview\/[\w.-]+\.js$/,
  /^extension\/client\/dist\/kernel-host\/node_modules\/zeromq\/(package\.json|lib\/index\.js|LICENSE(_MPL-2\.0)?\.txt)$/,
  /^extension\/client\/dist\/kernel-host\/node_modules\/zeromq\/build\/manifest\.json$/,
  /^extension\/client\/agent\/[\w-]+\.(C|h|py|json)$/,
  /^extension\/server\/(dist\/main\.cjs|agent\/[\w-]+\.C)$/,
  /^extension\/(syntaxes|snippets)\/[\w.-]+\.json$/,
  /^extension\/samples\/[\w-]+\.ipynb$/,
  /^extension\/images\/[\w-]+\.(png|svg)$/,
];
/**
 * Machine code of a platform.
 *
 * @param {{ os: string, arch: string }} target
 */
function allowedOnlyFor({ os, arch }) {
  const host = 'extension/client/dist/kernel-host';
  const addons = new RegExp(`^${host}/node_modules/zeromq/build/${os}/${arch}/node/[\\w-]+/addon\\.node$`);
  // Python's package index has ROOT for this one, and the runner is compiled for that.
  const runners = new RegExp(`^${host}/runners/runner-\\w+\\.so$`);
  return os === 'linux' && arch === 'x64' ? [addons, runners] : [addons];
}

/** What it cannot do without. */
const needed = [
  'client/dist/extension.cjs',
  'client/dist/composition.cjs',
  'client/dist/kernel-host/main.cjs',
  'client/dist/language-client.cjs',
  'server/dist/main.cjs',
  'server/agent/introspect.C',
  'client/dist/webview/renderer.js',
];

/**
 * Builds and packs the extension for this machine, unless the last vsix was made from the same files.
 *
 * @returns {Promise<string>} Path of the vsix.
 */
export async function packageHere() {
  return packageFor(`${process.platform}-${process.arch}`);
}

/** @param {string} name */
async function packageFor(name) {
  const target = Object.entries(platforms).find(([key]) => key === name)?.[1];
  if (!target)
    throw new SetupError(`No vsix is made for ${name}: known are ${Object.keys(platforms).join(', ')}.`);
  await buildAll(target);
  const folder = path.join(repository, 'dist');
  const vsix = path.join(folder, `rootbook-${name}.vsix`);
  const hash = hashOfInputs();
  if (existsSync(vsix) && existsSync(`${vsix}.hash`) && readFileSync(`${vsix}.hash`, 'utf8') === hash)
    return vsix;
  mkdirSync(folder, { recursive: true });
  rmSync(vsix, { force: true });
  const vsce = path.join(repository, 'node_modules', '@vscode', 'vsce', 'vsce');
  const options = [
    '--no-dependencies',
    '--allow-missing-repository',
    '--skip-license',
    // There is no published repository: the README's pictures are those of the package.
    '--no-rewrite-relative-links',
    '--target',
    name,
    '--out',
    vsix,
  ];
  await runLogged('package', process.execPath, [vsce, 'package', ...options]);
  checkContent(vsix, target);
  writeFileSync(`${vsix}.hash`, hash);
  return vsix;
}

function hashOfInputs() {
  const hash = createHash('sha256');
  const roots = [
    'client/dist',
    'client/agent',
    'server/dist',
    'server/agent',
    'syntaxes',
    'snippets',
    'images',
    'samples',
  ];
  const files = roots
    .map((root) => path.join(repository, root))
    .filter((root) => existsSync(root))
    .flatMap((root) =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name)),
    );
  const single = [
    'package.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    '.vscodeignore',
    'scripts/package.mjs',
  ];
  const all = [
    ...files,
    ...single.map((file) => path.join(repository, file)).filter((file) => existsSync(file)),
  ];
  for (const file of all.sort()) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** @param {string} vsix @param {{ os: string, arch: string }} target */
function checkContent(vsix, target) {
  const patterns = [...allowed, ...allowedOnlyFor(target)];
  const list = 'import sys, zipfile; print("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))';
  const names = outputOf('python3', '-c', list, vsix)?.split('\n') ?? [];
  const foreign = names.filter((name) => !patterns.some((pattern) => pattern.test(name)));
  if (foreign.length > 0)
    throw new SetupError(`${vsix} holds what it should not:\n  ${foreign.join('\n  ')}`);
  const missing = needed.filter((name) => !names.includes(`extension/${name}`));
  if (missing.length > 0) throw new SetupError(`${vsix} lacks:\n  ${missing.join('\n  ')}`);
}

if (path.basename(process.argv[1] ?? '') === 'package.mjs')
  await runMain(async () => {
    const names = process.argv.slice(2);
    for (const name of names.length > 0 ? names : Object.keys(platforms)) say(await packageFor(name));
    await buildAll();
  });
