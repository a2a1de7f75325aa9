import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import type { InitializationOptions } from '../../../server/src/protocol/initialization.ts';
import type { Scope } from '../base/scope.ts';

/** The editor asks those who help in `cpp` about `c++` cells too, and nobody who names only that. */
const cells = ['cpp', 'c++'].map((language) => ({ notebook: 'jupyter-notebook', language }));

/** Starts the language server with the editor's own Node and connects it to the editor. */
export async function startClient(
  scope: Scope,
  serverModule: string,
  options: InitializationOptions,
  helpsMacros: boolean,
): Promise<void> {
  const server = { module: serverModule, transport: TransportKind.ipc };
  const client = new LanguageClient('rootbook.language', 'ROOTbook Language Help', server, {
    documentSelector: [...cells, ...(helpsMacros ? [{ scheme: 'file', pattern: '**/*.C' }] : [])],
    initializationOptions: options,
    outputChannel: scope.own(vscode.window.createOutputChannel('ROOTbook Language Help', { log: true })),
  });
  scope.defer(() => client.dispose());
  await client.start();
}
