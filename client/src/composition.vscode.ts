import path from 'node:path';
import * as vscode from 'vscode';
import type { Scope } from './base/scope.ts';
import { createKernelHosts } from './kernel-host/client.ts';
import { registerLanguageHelp } from './language/language-help.vscode.ts';
import { createCellMarks } from './notebooks/cell-marks.vscode.ts';
import { createCellProblems } from './notebooks/cell-problems.vscode.ts';
import { Controllers } from './notebooks/controllers.vscode.ts';
import { registerExports } from './notebooks/exports.vscode.ts';
import { registerFirstHour } from './notebooks/first-hour.vscode.ts';
import { registerKernelCommands } from './notebooks/kernel-commands.vscode.ts';
import { KernelDesk } from './notebooks/kernel-desk.vscode.ts';
import { createCompilerCheck } from './notebooks/kernel-offers.vscode.ts';
import { registerKernelStatus } from './notebooks/kernel-status.vscode.ts';
import { registerMacroCommands } from './notebooks/macro-commands.vscode.ts';
import { registerPythonHelp } from './notebooks/python-help.vscode.ts';
import { registerRootFinder } from './notebooks/root-finder.vscode.ts';
import { registerRunningKernels } from './notebooks/running-kernels.vscode.ts';
import { registerWidgetHints } from './notebooks/widget-hints.vscode.ts';

/**
 * Makes each service once and hands it to those that need it. Starts no process.
 *
 * @param register is called when commands are about to be registered.
 */
export async function compose(
  context: vscode.ExtensionContext,
  root: Scope,
  register: () => void,
): Promise<void> {
  const log = root.own(vscode.window.createOutputChannel('ROOTbook', { log: true }));
  const stateFolder = context.globalStorageUri.fsPath;
  const hosts = createKernelHosts(
    { bundleFolder: context.asAbsolutePath('client/dist/kernel-host'), stateFolder },
    vscode.workspace.name === undefined ? 'another window' : `the window of ${vscode.workspace.name}`,
    log,
  );
  const desk = new KernelDesk(root, {
    hosts,
    marks: createCellMarks(root),
    problems: createCellProblems(root),
    log,
    agentFolder: context.asAbsolutePath('client/agent'),
    cacheFolder: path.join(stateFolder, 'runners'),
    environmentsFolder: path.join(stateFolder, 'environments'),
    workspaceId: context.storageUri
      ? path.basename(path.dirname(context.storageUri.fsPath))
      : vscode.env.sessionId,
    checkCompiler: createCompilerCheck(),
  });
  const controllers = new Controllers(
    root,
    desk,
    await vscode.languages.getLanguages(),
    context.workspaceState,
  );
  register();
  registerKernelCommands(root, log, desk, controllers, hosts);
  registerKernelStatus(root, desk);
  registerWidgetHints(root, desk);
  registerRunningKernels(root, log, desk, controllers, hosts);
  registerFirstHour(root, log, controllers, context.asAbsolutePath('samples'));
  registerPythonHelp(root, log, desk);
  registerExports(root, log, context.extension.packageJSON);
  registerMacroCommands(root, log, desk, controllers);
  registerLanguageHelp(root, log, controllers, {
    serverModule: context.asAbsolutePath('server/dist/main.cjs'),
    environmentsFolder: path.join(stateFolder, 'environments'),
  });
  await registerRootFinder(root, log, context.globalState, controllers);
}
