import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import { onPath } from '../kernels/environments.ts';
import { type Flavour, type Installation, isRunner } from '../kernels/installation.ts';

/** After this time an interrupted cell is taken for one that has no safe point. */
const safePointMilliseconds = 3000;

/** A way to stop a cell that no interrupt has stopped. */
type HarderStop = 'goBack' | 'restart';

const stopLabels: Readonly<Record<HarderStop, string>> = {
  goBack: 'Stop and Go Back to Before This Cell',
  restart: 'Restart Kernel',
};

/**
 * Waits a while for an interrupted cell, then offers the way that works always.
 *
 * @returns the way, when the user took it and the cell still runs.
 */
export async function offerHarderStop(
  { installation, flavour }: { readonly installation: Installation; readonly flavour: Flavour },
  isRunning: () => boolean,
): Promise<HarderStop | undefined> {
  const isStock = flavour === 'cpp' && installation.kernelspec !== undefined;
  if (!isStock) await new Promise((resolve) => setTimeout(resolve, safePointMilliseconds));
  if (!isRunning()) return undefined;
  const isOurs = isRunner(installation, flavour);
  const way = isOurs ? 'goBack' : 'restart';
  const ipykernelMessage = 'The cell has not stopped: Python waits until the C++ code it called returns.';
  const theirMessage = isStock ? 'This kernel of ROOT cannot be interrupted.' : ipykernelMessage;
  const message = isOurs ? 'The cell has not reached a point where it can stop safely.' : theirMessage;
  const picked = await vscode.window.showWarningMessage(message, stopLabels[way], 'Wait');
  return picked === stopLabels[way] && isRunning() ? way : undefined;
}

/**
 * Tells that a kernel ended by itself, and what can be done.
 *
 * @param index of the cell in which it ended.
 */
export async function offerRestart(label: string, reason: string, index: number | undefined): Promise<void> {
  const [all, only] = ['Restart and Run All Above', 'Restart'];
  const picked = await vscode.window.showErrorMessage(`${label} ended. ${reason}`, all, only);
  if (picked === all) await vscode.commands.executeCommand('rootbook.restartAndRunAllAbove', index);
  else if (picked === only) await vscode.commands.executeCommand('rootbook.restart');
}

/** Another window has the kernel now. */
export async function tellTakenOver(label: string): Promise<void> {
  const back = 'Take Back';
  const message = `Another window has taken over ${label} of this notebook. What runs goes on there.`;
  const picked = await vscode.window.showInformationMessage(message, back);
  if (picked === back) await vscode.commands.executeCommand('rootbook.takeOver');
}

/** The kernel of a notebook that was just opened is in another window. */
export async function offerTakeOver(label: string, holder: string): Promise<void> {
  const take = 'Take Over';
  const message = `${label} of this notebook is attached in ${holder}.`;
  const picked = await vscode.window.showInformationMessage(message, take);
  if (picked === take) await vscode.commands.executeCommand('rootbook.takeOver');
}

/**
 * The kernel of a notebook that was just opened was started by another version of this extension.
 *
 * @param cells that run or wait in it.
 * @returns when to end it; nothing when the user does not say.
 */
export async function offerEndOfOther(label: string, cells: number): Promise<'now' | 'later' | undefined> {
  const [now, later] = ['Shut It Down', 'Let It Finish'];
  const what =
    cells === 0
      ? 'Nothing runs in it.'
      : cells === 1
        ? 'A cell runs in it.'
        : `${String(cells)} cells run or wait in it.`;
  const message =
    `${label} of this notebook was started by another version of ROOTbook, which this one cannot attach to. ${what} ` +
    'What it printed is offered when it has ended.';
  const picked = await vscode.window.showWarningMessage(message, ...(cells > 0 ? [later] : []), now);
  return picked === now ? 'now' : picked === later ? 'later' : undefined;
}

/** What a kernel that is gone left behind. @returns what to do with it; nothing when the user does not say. */
export async function offerRemains(
  label: string,
  reason: string,
  cells: number,
): Promise<'restore' | 'discard' | undefined> {
  const ended = `${label} of this notebook has ended. ${reason}`;
  if (cells === 0) {
    void vscode.window.showInformationMessage(ended);
    return 'discard';
  }
  const [restore, discard] = ['Restore Output', 'Discard'];
  const what = cells === 1 ? 'one cell' : `${String(cells)} cells`;
  const message = `${ended} The output of ${what} was not saved.`;
  const picked = await vscode.window.showWarningMessage(message, restore, discard);
  return picked === restore ? 'restore' : picked === discard ? 'discard' : undefined;
}

/** @returns a check that warns once a window when there is no compiler, without which ROOT finds no standard headers. */
export function createCompilerCheck(): (installation: Installation) => Promise<void> {
  let hasWarned = false;
  return async ({ origin }) => {
    // These bring their own.
    if (hasWarned || origin === 'conda' || origin === 'cvmfs') return;
    if ((await onPath('c++', process.env)).length > 0) return;
    hasWarned = true;
    void offerCompiler();
  };
}

/** How each package manager installs a C++ compiler. */
const compilerCommands: Readonly<Record<string, string>> = {
  'apt-get': 'sudo apt-get install g++',
  dnf: 'sudo dnf install gcc-c++',
  zypper: 'sudo zypper install gcc-c++',
  pacman: 'sudo pacman -S gcc',
  'xcode-select': 'xcode-select --install',
};

async function offerCompiler(): Promise<void> {
  const there = await Promise.all(
    Object.entries(compilerCommands).map(async ([manager, command]) =>
      (await onPath(manager, process.env)).length > 0 ? [command] : [],
    ),
  );
  const [command] = there.flat();
  const install = 'Install Compiler';
  const picked = await vscode.window.showWarningMessage(
    'ROOT needs a C++ compiler for its standard headers, and there is no `c++` on the PATH. ' +
      'Install one and restart the kernel.',
    ...(command === undefined ? [] : [install]),
  );
  if (picked !== install || command === undefined) return;
  // It asks for a password, and it is the user who decides: the command waits in a terminal for Enter.
  const terminal = vscode.window.createTerminal('Install Compiler');
  terminal.show();
  terminal.sendText(command, false);
}

export function untrusted(): UserError {
  return new UserError('This folder is in Restricted Mode, so nothing of it is run.', {
    remedies: [{ label: 'Manage Workspace Trust', command: 'workbench.trust.manage' }],
  });
}

/** A kernel cannot start before these Python packages are there. */
export function withoutPackages({ name }: Installation, missing: readonly string[]): UserError {
  const what =
    missing.length === 1 ? `the package ${missing.join('')}` : `the packages ${missing.join(' and ')}`;
  return new UserError(`The Python environment "${name}" lacks ${what}.`, {
    remedies: [{ label: `Install ${missing.join(' and ')}`, command: 'rootbook.installMissing' }],
  });
}
