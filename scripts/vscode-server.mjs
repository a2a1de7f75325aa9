// @ts-check
// The VS Code server that shows the workbench in a browser: for `npm start` without a desktop VS Code, and for tests.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { environmentWithRoot, runLogged, SetupError, vscode } from './tools.mjs';

/** No outside look-ups, no tips, no pop-ups: what is on the screen comes from us. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'git.autofetch': false,
  'json.schemaDownload.enable': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'remote.autoForwardPorts': false,
  // A window that opens with a notebook shows it as JSON, unless a setting makes it wait for whoever can do better.
  'workbench.editorAssociations': { '*.ipynb': 'jupyter-notebook' },
};

/**
 * Gives a new profile its settings; what a user changed since then stays.
 *
 * @param {string} data Folder of the editor's user data.
 * @param {Readonly<Record<string, unknown>>} settings
 */
export function writeSettings(data, settings = {}) {
  const file = path.join(data, 'User', 'settings.json');
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...quietSettings, ...settings }, null, 2));
}

/**
 * @typedef {object} ServerOptions
 * @property {string} state Folder of the profile, extensions, home and logs.
 * @property {Readonly<Record<string, unknown>>} settings User settings of a new profile; an old one keeps its own.
 * @property {boolean} trust Every folder is trusted; otherwise the user decides.
 * @property {boolean} driver The page runs mocha suites of `extensionTestsPath`, and shows no dialogs.
 * @property {readonly string[]} vsix Extensions to install first.
 * @property {number} [port]
 * @property {NodeJS.ProcessEnv} [env]
 */

/**
 * @typedef {object} Server
 * @property {number} port
 * @property {number} pid
 * @property {string} log Path of its log.
 * @property {(folder: string, payload?: readonly (readonly [string, string])[]) => string} url Address of a folder's window.
 * @property {(file: string) => string} uri URI of a file as the window sees it.
 * @property {Promise<void>} ended
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill Ends it as a crash does.
 */

/**
 * Starts a server and waits until it answers.
 *
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 * @throws {SetupError} when the port is taken or the server ends.
 */
export async function startServer(options) {
  const { state } = options;
  const port = options.port ?? (await freePort());
  const address = `http://127.0.0.1:${String(port)}`;
  // A server that somebody left behind would be used without a word.
  if (await isAnswering(address)) throw new SetupError(`Port ${String(port)} is in use.`);
  for (const folder of ['home', 'data/User', 'extensions', 'server'])
    mkdirSync(path.join(state, folder), { recursive: true });
  writeSettings(path.join(state, 'data'), options.settings);
  const env = { ...environmentOf(state), ...options.env };
  if (options.vsix.length > 0) await installExtensions(state, options.vsix, env);
  const log = path.join(state, 'server.log');
  const output = openSync(log, 'a');
  const child = spawn(
    vscode.node,
    [
      ...[...mainOf(state), '--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off'],
      ...(options.trust ? ['--disable-workspace-trust'] : []),
      ...(options.driver ? ['--enable-smoke-test-driver'] : []),
    ],
    { stdio: ['ignore', output, output], env },
  );
  const ended = new Promise((resolve) => child.once('close', () => resolve(undefined)));
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  await waitUntilAnswering(address, child, log);
  return {
    port,
    pid: child.pid ?? 0,
    log,
    ended,
    url: (folder, payload = []) =>
      `${address}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify([['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...payload]))}`,
    uri: (file) => `vscode-remote://127.0.0.1:${String(port)}${file}`,
    async kill() {
      process.removeListener('exit', killed);
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      process.removeListener('exit', killed);
      child.kill('SIGTERM');
      await Promise.race([ended, wait(5000, undefined, { ref: false })]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** @param {string} state */
function mainOf(state) {
  return [
    path.join(vscode.server, 'out', 'server-main.js'),
    ...['--user-data-dir', path.join(state, 'data'), '--server-data-dir', path.join(state, 'server')],
    ...['--extensions-dir', path.join(state, 'extensions')],
  ];
}

/** @param {string} state @param {readonly string[]} vsix @param {NodeJS.ProcessEnv} env */
async function installExtensions(state, vsix, env) {
  const wanted = vsix.flatMap((file) => ['--install-extension', file]);
  await runLogged('vscode-extensions', vscode.node, [...mainOf(state), ...wanted, '--force'], { env });
}

/**
 * A home of its own, no marketplace, and the Python environment with ROOT active as in a terminal.
 *
 * @param {string} state
 * @returns {NodeJS.ProcessEnv}
 */
function environmentOf(state) {
  const env = environmentWithRoot();
  const paths = [env['PATH'] ?? '', path.join(vscode.nodeFolder, 'bin')];
  return {
    ...env,
    HOME: path.join(state, 'home'),
    PATH: paths.join(path.delimiter),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** @param {string} address */
async function isAnswering(address) {
  return fetch(`${address}/version`).then(
    (response) => response.ok,
    () => false,
  );
}

/** @param {string} address @param {import('node:child_process').ChildProcess} child @param {string} log */
async function waitUntilAnswering(address, child, log) {
  const deadline = Date.now() + 60_000;
  while (!(await isAnswering(address))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      const tail = existsSync(log)
        ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
        : '';
      throw new SetupError(`The VS Code server does not answer:\n${tail}\nAll of it: ${log}`);
    }
    await wait(50);
  }
}
