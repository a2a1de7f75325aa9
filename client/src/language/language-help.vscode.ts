import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import type { Installation } from '../kernels/installation.ts';
import { environmentOf } from '../kernels/set-up.ts';
import type { Controllers } from '../notebooks/controllers.vscode.ts';
import { report, type ShownLog } from '../platform/commands.vscode.ts';
import { readSettings } from '../platform/settings.vscode.ts';

export interface LanguageFiles {
  /** The bundled language server. */
  readonly serverModule: string;
  /** Where the environments of ROOTs are kept. */
  readonly environmentsFolder: string;
}

/** Extensions that help in C++ files of all kinds. */
const others = ['llvm-vs-code-extensions.vscode-clangd', 'ms-vscode.cpptools'];

/**
 * Help in C++ cells and macros, from a ROOT of its own: started with the first of them where the user has switched it on, in a
 * workspace that is trusted, once a ROOT is found. It never touches a kernel.
 */
export function registerLanguageHelp(
  scope: Scope,
  log: ShownLog,
  controllers: Controllers,
  files: LanguageFiles,
): void {
  const helpsMacros = wantsMacros();
  let started = false;
  const tryToStart = (): void => {
    if (started || !readSettings()['rootbook.language.enabled'] || !vscode.workspace.isTrusted) return;
    const installation = controllers.find('cpp')?.installation;
    const isWanted = vscode.workspace.textDocuments.some((document) => isCpp(document, helpsMacros));
    if (!isWanted || !installation) return;
    started = true;
    start(scope, log, installation, files, helpsMacros).catch((caught: unknown) =>
      report('Language help', caught, log),
    );
  };
  scope.own(vscode.workspace.onDidOpenTextDocument(tryToStart));
  scope.own(vscode.workspace.onDidGrantWorkspaceTrust(tryToStart));
  scope.own(vscode.workspace.onDidChangeConfiguration(tryToStart));
  scope.own(controllers.onDidShow(tryToStart));
  tryToStart();
}

async function start(
  scope: Scope,
  log: ShownLog,
  installation: Installation,
  files: LanguageFiles,
  helpsMacros: boolean,
): Promise<void> {
  const ended = new AbortController();
  scope.defer(() => {
    ended.abort();
  });
  const environment = await environmentOf(installation, process.env, files.environmentsFolder, ended.signal);
  const { startClient } = await import('./language-client.vscode.ts');
  const options = { rootExecutable: installation.executable, environment };
  await startClient(scope, files.serverModule, options, helpsMacros);
  log.info(`language help from ROOT ${installation.version}`, installation.root);
}

function wantsMacros(): boolean {
  const wanted = readSettings()['rootbook.language.macros'];
  return wanted === 'auto' ? !others.some((id) => vscode.extensions.getExtension(id)) : wanted === 'always';
}

function isCpp({ uri, languageId }: vscode.TextDocument, helpsMacros: boolean): boolean {
  if (uri.scheme === 'vscode-notebook-cell') return languageId === 'cpp' || languageId === 'c++';
  return helpsMacros && uri.path.endsWith('.C');
}
