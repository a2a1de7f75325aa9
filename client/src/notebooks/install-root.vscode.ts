import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import { exists, onPath } from '../kernels/environments.ts';
import { type Installation, missingPackages } from '../kernels/installation.ts';
import type { ShownLog } from '../platform/commands.vscode.ts';
import { runProgram } from '../platform/run-program.ts';
import { withProgress } from '../platform/progress.vscode.ts';
import type { Controllers } from './controllers.vscode.ts';
import { untrusted } from './kernel-offers.vscode.ts';

/** What an installation needs of those that find and select ROOT. */
export interface Install {
  readonly log: ShownLog;
  find(): Promise<readonly Installation[]>;
  select(installationId: string): Promise<void>;
}

/** Makes a Python environment with ROOT and ipykernel in a folder that the user chooses, and selects it. */
export async function installRoot(install: Install): Promise<void> {
  if (!vscode.workspace.isTrusted) throw untrusted();
  const [python] = await onPath('python3', process.env);
  if (python === undefined) {
    throw new UserError(
      'ROOT is installed with Python, and there is no `python3` on the PATH. Install Python 3 first.',
    );
  }
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const environment = path.join(folder, '.venv', 'bin', 'python3');
  await withProgress('Installing ROOT', new AbortController().signal, async (progress, signal) => {
    const log = (line: string): void => {
      install.log.info(line);
      progress(line.slice(0, 80));
    };
    if (!(await exists(environment))) {
      await run([python, '-m', 'venv', path.join(folder, '.venv')], log, signal);
    }
    await run(
      [environment, '-m', 'pip', 'install', '--progress-bar', 'off', 'ROOT', 'ipykernel'],
      log,
      signal,
    );
  });
  await keep(folder);
  await announce(install, (each) => each.python === environment);
}

/** Adds the packages that the kernel of the notebook in front lacks, or else the first that lacks any. */
export async function installMissing(install: Install, controllers: Controllers): Promise<void> {
  if (!vscode.workspace.isTrusted) throw untrusted();
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  const selected = notebook && controllers.selectedIn(notebook);
  const [lacking] = [...(selected ? [selected] : []), ...controllers.choices]
    .map(({ installation, flavour }) => ({ installation, missing: missingPackages(installation, flavour) }))
    .filter(({ missing }) => missing.length > 0);
  const { python, id } = lacking?.installation ?? {};
  if (!lacking || python === undefined || id === undefined)
    throw new UserError('No kernel of ROOT lacks a Python package.');
  const { missing } = lacking;
  await withProgress(
    `Installing ${missing.join(' and ')}`,
    new AbortController().signal,
    async (progress, signal) => {
      const log = (line: string): void => {
        install.log.info(line);
        progress(line.slice(0, 80));
      };
      await run([python, '-m', 'pip', 'install', '--progress-bar', 'off', ...missing], log, signal);
    },
  );
  await announce(install, (each) => each.id === id);
}

async function run(
  command: readonly string[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  log(command.join(' '));
  const code = await runProgram(command, log, signal);
  if (code === 0) return;
  throw new UserError(`"${command.slice(1, 4).join(' ')}" failed (exit code ${String(code)}).`, {
    remedies: [{ label: 'Show Log', command: 'rootbook.showLog' }],
  });
}

async function chooseFolder(): Promise<string | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const other = 'Another folder…';
  const items = [
    ...folders.map(({ name, uri }) => ({
      label: `.venv in ${name}`,
      description: uri.fsPath,
      folder: uri.fsPath,
    })),
    { label: other, folder: undefined },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Where should the environment with ROOT be made?',
  });
  if (!picked || picked.folder !== undefined) return picked?.folder;
  const chosen = await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true });
  return chosen?.[0]?.fsPath;
}

/** Remembers an environment outside the workspace, which discovery would not find by itself. */
async function keep(folder: string): Promise<void> {
  if (vscode.workspace.workspaceFolders?.some(({ uri }) => uri.fsPath === folder)) return;
  const key = 'rootbook.kernel.pythonEnvironments';
  const configuration = vscode.workspace.getConfiguration();
  const before = configuration.inspect<string[]>(key)?.globalValue ?? [];
  await configuration.update(key, [path.join(folder, '.venv'), ...before], vscode.ConfigurationTarget.Global);
}

async function announce(install: Install, isIt: (installation: Installation) => boolean): Promise<void> {
  const made = (await install.find()).find(isIt);
  if (!made)
    throw new UserError('pip reported success, but there is no ROOT in the environment. The log has more.');
  await install.select(made.id);
  void vscode.window.showInformationMessage(`ROOT ${made.version} is ready.`);
}
