import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import { FoundInstallations } from '../kernels/found.vscode.ts';
import type { Installation } from '../kernels/installation.ts';
import { registerCommand, report, type ShownLog } from '../platform/commands.vscode.ts';
import { readSettings } from '../platform/settings.vscode.ts';
import { type Controllers, factsOf } from './controllers.vscode.ts';
import { type Install, installMissing, installRoot } from './install-root.vscode.ts';
import { suitableFlavour } from './notebook-kind.ts';

/** Settings that hold lists of folders. */
const folderLists = ['rootbook.kernel.rootFolders', 'rootbook.kernel.pythonEnvironments'] as const;
const places = [...folderLists, 'rootbook.kernel.cvmfsFolder'] as const;

/** Keeps the controllers in step with what is installed, and helps where nothing is. */
export async function registerRootFinder(
  scope: Scope,
  log: ShownLog,
  memory: vscode.Memento,
  controllers: Controllers,
): Promise<void> {
  let hasOffered = false;
  const installations = new FoundInstallations(memory, log);
  const find = async (afresh = false): Promise<readonly Installation[]> => {
    const settings = readSettings();
    const given = {
      rootFolders: settings['rootbook.kernel.rootFolders'],
      pythonEnvironments: settings['rootbook.kernel.pythonEnvironments'],
      cvmfsFolder: settings['rootbook.kernel.cvmfsFolder'],
    };
    let found: readonly Installation[] = [];
    for await (found of installations.find(given, afresh)) await controllers.show(found);
    return found;
  };
  const findForNotebook = async (notebook: vscode.NotebookDocument): Promise<void> => {
    const found = await find();
    if (found.length > 0 || hasOffered || !suitableFlavour(factsOf(notebook))) return;
    hasOffered = true;
    await offerRoot();
  };
  const quietly = (work: Promise<unknown>): void => {
    void work.catch((caught: unknown) => report('Finding ROOT', caught, log));
  };
  const { remembered } = installations;
  if (remembered.length > 0) await controllers.show(remembered);
  scope.own(
    vscode.workspace.onDidOpenNotebookDocument((notebook) => {
      quietly(findForNotebook(notebook));
    }),
  );
  scope.own(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (places.some((key) => change.affectsConfiguration(key))) quietly(find());
    }),
  );
  registerFinderCommands(scope, log, () => find(true), controllers);
  const [first] = vscode.workspace.notebookDocuments;
  quietly(first ? findForNotebook(first) : find());
}

function registerFinderCommands(
  scope: Scope,
  log: ShownLog,
  find: () => Promise<readonly Installation[]>,
  controllers: Controllers,
): void {
  const install: Install = { log, find, select: (id) => selectInstalled(controllers, id) };
  registerCommand(scope, log, 'rootbook.findRoot', async () => {
    const found = await find();
    if (found.length === 0) return offerRoot();
    const names = new Set(found.map(({ version, root }) => `ROOT ${version} (${root})`));
    void vscode.window.showInformationMessage(`Found ${[...names].join(', ')}.`);
  });
  registerCommand(scope, log, 'rootbook.installRoot', () => installRoot(install));
  registerCommand(scope, log, 'rootbook.installMissing', () => installMissing(install, controllers));
  registerCommand(scope, log, 'rootbook.chooseRootFolder', () => chooseRootFolder());
  registerCommand(scope, log, 'rootbook.showLog', () => {
    log.show();
    return Promise.resolve();
  });
}

async function offerRoot(): Promise<void> {
  const [install, choose] = ['Install ROOT…', 'Choose Its Folder…'];
  const picked = await vscode.window.showWarningMessage(
    'No ROOT was found on this machine. ROOTbook can install it into a Python environment of its own (about 700 MB), ' +
      'or you can show where it is.',
    install,
    choose,
  );
  if (picked === install) await vscode.commands.executeCommand('rootbook.installRoot');
  else if (picked === choose) await vscode.commands.executeCommand('rootbook.chooseRootFolder');
}

async function chooseRootFolder(): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: 'Folder of ROOT, or of a Python environment that has it',
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: 'Use This ROOT',
  });
  const folder = picked?.[0]?.fsPath;
  if (folder === undefined) return;
  const configuration = vscode.workspace.getConfiguration();
  for (const key of folderLists) {
    const before = configuration.inspect<string[]>(key)?.globalValue ?? [];
    await configuration.update(key, [...new Set([folder, ...before])], vscode.ConfigurationTarget.Global);
  }
}

/** Selects the kernel of a fresh installation in the notebook in front. */
async function selectInstalled(controllers: Controllers, installationId: string): Promise<void> {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (!notebook) return;
  const flavour = suitableFlavour(factsOf(notebook)) ?? 'python';
  const choice =
    controllers.find(flavour, installationId) ??
    controllers.choices.find(({ installation }) => installation.id === installationId);
  if (choice) await selectKernel(choice.controller.id);
}

/** Selects a controller of ours in the notebook editor in front. */
export async function selectKernel(id: string, notebookEditor?: vscode.NotebookEditor): Promise<void> {
  const editor = notebookEditor ? { notebookEditor } : {};
  await vscode.commands.executeCommand('notebook.selectKernel', {
    id,
    extension: 'rootbook.rootbook',
    ...editor,
  });
}
