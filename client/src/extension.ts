import * as vscode from 'vscode';
import { Scope } from './base/scope.ts';

const root = new Scope();

/**
 * Does nothing until the first notebook or macro is opened, a view is shown or the first command is run: only then the rest of the
 * extension is loaded.
 */
export function activate(context: vscode.ExtensionContext): void {
  const waiting: vscode.Disposable[] = [];
  // At once: the commands themselves are registered right after.
  const stopWaiting = (): void => {
    for (const each of waiting.splice(0)) each.dispose();
  };
  let composed: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    try {
      const { compose } = await import('./composition.vscode.ts');
      await compose(context, root, stopWaiting);
    } catch (error) {
      void vscode.window.showErrorMessage(`ROOTbook did not start: ${String(error)}`);
      throw error;
    }
  };
  const load = (): Promise<void> => (composed ??= start());
  root.defer(stopWaiting);
  for (const id of commandsOf(context.extension)) {
    const run = async (argument: unknown): Promise<unknown> => {
      await load();
      return vscode.commands.executeCommand(id, argument);
    };
    waiting.push(vscode.commands.registerCommand(id, run));
  }
  const nothingYet: vscode.TreeDataProvider<never> = {
    getChildren: () => load().then(() => []),
    getTreeItem: (row) => row,
  };
  waiting.push(vscode.window.registerTreeDataProvider('rootbook.kernels', nothingYet));
  waiting.push(vscode.workspace.onDidOpenNotebookDocument(() => void load()));
  const isMacro = ({ uri }: vscode.TextDocument): boolean => uri.path.endsWith('.C');
  waiting.push(vscode.workspace.onDidOpenTextDocument((document) => void (isMacro(document) && load())));
  const isNeeded =
    vscode.workspace.notebookDocuments.length > 0 || vscode.workspace.textDocuments.some(isMacro);
  if (isNeeded) void load();
}

/** Ids of the commands that package.json contributes. */
function commandsOf({ packageJSON }: vscode.Extension<unknown>): readonly string[] {
  // SAFETY: the manifest is ours, and the editor has checked it.
  const manifest = packageJSON as {
    readonly contributes: { readonly commands: readonly { readonly command: string }[] };
  };
  return manifest.contributes.commands.map(({ command }) => command);
}

/** Awaited by VS Code for at most 5 s. */
export function deactivate(): Promise<void> {
  return root.close();
}
