// @ts-check
// `npm start`: a sample ROOTbook in VS Code on a local ROOT, with a profile of its own.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runMain, setUp } from './setup.mjs';
import {
  environmentWithRoot,
  findDesktopCode,
  hasDisplay,
  repository,
  runLogged,
  say,
  toolsFolder,
  which,
} from './tools.mjs';

const profile = path.join(toolsFolder, 'start');
const workspace = path.join(profile, 'ROOTbook samples');
const firstSample = 'first-steps-cpp.ipynb';

await runMain(async () => {
  const code = findDesktopCode();
  await setUp(['node_modules', 'python', ...(code === undefined ? /** @type {const} */ (['vscode']) : [])]);
  // What follows needs the packages that set-up has just installed.
  const { packageHere } = await import('./package.mjs');
  say('Building the extension …');
  const vsix = await packageHere();
  const notebook = copySamples();
  await (code === undefined ? openInBrowser(vsix, notebook) : openOnDesktop(code, vsix, notebook));
});

/**
 * Samples are opened as copies, so that running them leaves the repository clean. A copy that the user changed stays.
 *
 * @returns {string} Path of the one to open.
 */
function copySamples() {
  const source = path.join(repository, 'samples');
  const kept = path.join(profile, 'originals');
  for (const folder of [workspace, kept]) mkdirSync(folder, { recursive: true });
  const names = readdirSync(source).filter((name) => name.endsWith('.ipynb'));
  for (const name of names) {
    const from = path.join(source, name);
    const to = path.join(workspace, name);
    const original = path.join(kept, name);
    const isChanged =
      existsSync(to) && existsSync(original) && !readFileSync(to).equals(readFileSync(original));
    if (isChanged) continue;
    copyFileSync(from, to);
    copyFileSync(from, original);
  }
  return path.join(workspace, names.includes(firstSample) ? firstSample : (names.sort()[0] ?? ''));
}

/** @param {string} vsix @param {string} notebook */
async function openInBrowser(vsix, notebook) {
  const { startServer } = await import('./vscode-server.mjs');
  const installed = path.join(profile, 'installed');
  const hash = readFileSync(`${vsix}.hash`, 'utf8');
  const isInstalled = existsSync(installed) && readFileSync(installed, 'utf8') === hash;
  say('Starting VS Code …');
  const server = await startServer({
    state: profile,
    settings: {},
    trust: true,
    driver: false,
    vsix: isInstalled ? [] : [vsix],
  });
  writeFileSync(installed, hash);
  const address = server.url(workspace, [['openFile', server.uri(notebook)]]);
  say(`\nROOTbook is open at\n`);
  process.stdout.write(`  ${address}\n`);
  say(`\nThe notebook is ${notebook}\nCtrl+C ends it.`);
  const opener = which('xdg-open', 'open');
  if (hasDisplay && opener !== undefined)
    spawn(opener, [address], { stdio: 'ignore', detached: true }).unref();
  await Promise.race([untilSignal(), server.ended]);
  await server.stop();
  await endKernelHosts();
}

/** @param {string} code @param {string} vsix @param {string} notebook */
async function openOnDesktop(code, vsix, notebook) {
  const { writeSettings } = await import('./vscode-server.mjs');
  const data = path.join(profile, 'desktop');
  writeSettings(data);
  const profileArgs = ['--user-data-dir', data, '--extensions-dir', path.join(profile, 'desktop-extensions')];
  const env = environmentWithRoot();
  await runLogged('desktop', code, [...profileArgs, '--install-extension', vsix, '--force'], { env });
  say(`Opening ${notebook} in VS Code …`);
  const window = spawn(code, [...profileArgs, '--disable-workspace-trust', '--wait', workspace, notebook], {
    stdio: 'inherit',
    env,
  });
  const closed = new Promise((resolve) => window.once('close', resolve));
  await Promise.race([untilSignal().then(() => window.kill()), closed]);
  await closed;
  await endKernelHosts();
}

/** @returns {Promise<void>} */
function untilSignal() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve());
  });
}

async function endKernelHosts() {
  const { endHosts } = await import('./kernel-hosts.mjs');
  await endHosts(profile);
}
