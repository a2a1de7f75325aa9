// @ts-check
// Makes a fresh checkout ready, step by step. A step that is done already costs nothing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installVSCode, isVSCodeInstalled, vscodeStamp } from './install-vscode.mjs';
import {
  findBrowser,
  outputOf,
  python,
  pythonFolder,
  repository,
  runLogged,
  say,
  SetupError,
} from './tools.mjs';
import { toolsFolder, which } from './tools.mjs';

/**
 * @typedef {object} Step
 * @property {string} title What is made, and how much is downloaded the first time.
 * @property {() => boolean} isDone
 * @property {() => Promise<void>} run
 */

/** @type {Record<'node_modules' | 'python' | 'vscode' | 'browser', Step>} */
const steps = {
  node_modules: {
    title: 'the packages of package-lock.json (80 MB)',
    isDone: areNodeModulesCurrent,
    run: () => runLogged('node_modules', 'npm', ['ci']),
  },
  python: {
    title: 'a Python environment with ROOT (400 MB)',
    isDone: () => isStamped('python', pythonStamp()) || recognise('python', pythonStamp(), isPythonComplete),
    run: installPython,
  },
  vscode: {
    title: 'VS Code itself, for tests and for a browser (120 MB)',
    isDone: () => isStamped('vscode', vscodeStamp) || recognise('vscode', vscodeStamp, isVSCodeInstalled),
    run: async () => {
      await installVSCode();
      stamp('vscode', vscodeStamp);
    },
  },
  browser: { title: 'Chromium (80 MB)', isDone: () => findBrowser() !== undefined, run: installBrowser },
};

/**
 * Does what is missing of these steps, in order.
 *
 * @param {readonly (keyof typeof steps)[]} names
 * @throws {SetupError} with what to do about it.
 */
export async function setUp(names) {
  checkMachine();
  for (const name of names) {
    const step = steps[name];
    if (step.isDone()) continue;
    const start = Date.now();
    const seconds = () => `${String(Math.round((Date.now() - start) / 1000))} s`;
    say(`Setting up ${step.title} …`);
    const timer = setInterval(() => {
      say(`  … ${seconds()}`);
    }, 20_000);
    try {
      await step.run();
    } finally {
      clearInterval(timer);
    }
    say(`  done in ${seconds()}`);
  }
}

/**
 * Runs the main function of a script: a SetupError is shown as it is, anything else with its stack.
 *
 * @param {() => Promise<number | void>} main Resolves to the exit code.
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    say(error instanceof SetupError ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}

function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupError(
      `Node ${process.versions.node} is too old: ROOTbook is developed with Node 20.19 or newer.`,
    );
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64' && process.platform !== 'darwin')
    throw new SetupError(`Set-up knows Linux x86_64 and macOS, not ${platform}.`);
  if (!which('c++', 'g++', 'clang++'))
    throw new SetupError('A C++ compiler is missing. On Debian or Ubuntu: sudo apt-get install g++ make');
}

/** @param {string} name */
function stampFile(name) {
  return path.join(toolsFolder, 'stamps', name);
}

/** @param {string} name @param {string} content */
function isStamped(name, content) {
  return existsSync(stampFile(name)) && readFileSync(stampFile(name), 'utf8') === content;
}

/** @param {string} name @param {string} content */
function stamp(name, content) {
  mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), content);
}

/**
 * A step that somebody else did by hand, or that was cut off just before its stamp.
 *
 * @param {string} name @param {string} content @param {() => boolean} isComplete
 */
function recognise(name, content, isComplete) {
  if (!isComplete()) return false;
  stamp(name, content);
  return true;
}

function areNodeModulesCurrent() {
  const installed = path.join(repository, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  /** @type {(file: string) => Record<string, { version?: string, optional?: boolean }>} */
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const present = packagesOf(installed);
  const wanted = Object.entries(packagesOf(path.join(repository, 'package-lock.json')));
  return wanted.every(
    ([name, { version, optional }]) => name === '' || optional === true || present[name]?.version === version,
  );
}

const requirements = path.join(repository, 'scripts', 'python', 'requirements.txt');
const constraints = path.join(repository, 'scripts', 'python', 'constraints.txt');

function pythonStamp() {
  return readFileSync(requirements, 'utf8') + readFileSync(constraints, 'utf8');
}

function isPythonComplete() {
  if (!existsSync(python)) return false;
  const frozen = outputOf(python, '-m', 'pip', 'freeze', '--disable-pip-version-check');
  const lines = new Set(frozen?.toLowerCase().split('\n'));
  const wanted = readFileSync(constraints, 'utf8').trim().toLowerCase().split('\n');
  return wanted.every((line) => lines.has(line));
}

async function installPython() {
  const base = existsSync(python) ? python : findPython();
  if (base !== python) await runLogged('python', base, ['-m', 'venv', pythonFolder]);
  // The exact versions need Python 3.11; an older one gets what fits it.
  const isExact = outputOf(base, '-c', 'import sys; print(sys.version_info >= (3, 11))') === 'True';
  await runLogged('python', python, [
    ...['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--prefer-binary'],
    ...['-r', requirements],
    ...(isExact ? ['-c', constraints] : []),
  ]);
  if (
    outputOf(
      path.join(pythonFolder, 'bin', 'python'),
      '-c',
      'import ROOT; print(ROOT.gROOT.GetVersion())',
    ) === undefined
  )
    throw new SetupError(`ROOT was installed in ${pythonFolder}, but "import ROOT" fails there.`);
  stamp('python', pythonStamp());
}

function findPython() {
  const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  const found = names.find((name) => outputOf(name, '-c', check) !== undefined);
  if (found === undefined)
    throw new SetupError(
      'Python 3.10 or newer with venv is missing. On Debian or Ubuntu: sudo apt-get install python3-venv',
    );
  return found;
}

async function installBrowser() {
  const packages = ['chromium', 'fonts-dejavu-core'];
  if (process.getuid?.() !== 0 || !which('apt-get'))
    throw new SetupError(
      `Tests need Chrome or Chromium. On Debian: sudo apt-get install ${packages.join(' ')}`,
    );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runLogged('browser', 'apt-get', ['update'], { env });
  await runLogged('browser', 'apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
}
