import { stripVTControlCharacters } from 'node:util';
import * as vscode from 'vscode';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Completions } from '../kernels/introspection.ts';
import { languageOf } from '../kernels/installation.ts';
import type { MimeBundle } from '../kernels/messages.ts';
import type { Session } from '../kernels/session.ts';
import { toSignal } from '../platform/cancellation.vscode.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';

/** Who types does not wait longer for the kernel. */
const patienceMilliseconds = 1500;

const pythonCells: vscode.DocumentFilter = { language: 'python', notebookType: 'jupyter-notebook' };

/** Completion and hover in Python cells, of what the running kernel holds. A kernel that is busy or off is not asked. */
export function registerPythonHelp(scope: Scope, log: Log, desk: KernelDesk): void {
  const ask = async <Answer>(
    document: vscode.TextDocument,
    token: vscode.CancellationToken,
    question: (session: Session, signal: AbortSignal) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> => {
    const session = idleSession(desk, document);
    if (!session || document.getText().trimStart().startsWith('%%')) return undefined;
    const signal = AbortSignal.any([toSignal(token), AbortSignal.timeout(patienceMilliseconds)]);
    return question(session, signal).catch((caught: unknown) => {
      if (!signal.aborted) log.warn('the kernel could not be asked', caught);
      return undefined;
    });
  };
  scope.own(
    vscode.languages.registerCompletionItemProvider(
      pythonCells,
      {
        async provideCompletionItems(document, position, token) {
          const found = await ask(document, token, (session, signal) =>
            session.complete(document.getText(), document.offsetAt(position), signal),
          );
          return found && toItems(found, document);
        },
      },
      '.',
    ),
  );
  scope.own(
    vscode.languages.registerHoverProvider(pythonCells, {
      async provideHover(document, position, token) {
        const word = document.getWordRangeAtPosition(position);
        if (!word) return undefined;
        const found = await ask(document, token, (session, signal) =>
          session.inspect(document.getText(), document.offsetAt(word.end), signal),
        );
        return found && new vscode.Hover(toMarkdown(found), word);
      },
    }),
  );
}

function idleSession(desk: KernelDesk, { uri }: vscode.TextDocument): Session | undefined {
  const notebook = vscode.workspace.notebookDocuments.find((each) =>
    each.getCells().some(({ document }) => document.uri.toString() === uri.toString()),
  );
  const kernel = notebook && desk.of(notebook);
  const isAsked = kernel?.state.kind === 'idle' && languageOf(kernel.choice.flavour) === 'python';
  return isAsked ? kernel.session : undefined;
}

/** By the words of IPython and jedi. */
const kinds: Readonly<Record<string, vscode.CompletionItemKind>> = {
  class: vscode.CompletionItemKind.Class,
  function: vscode.CompletionItemKind.Function,
  instance: vscode.CompletionItemKind.Variable,
  keyword: vscode.CompletionItemKind.Keyword,
  magic: vscode.CompletionItemKind.Operator,
  module: vscode.CompletionItemKind.Module,
  param: vscode.CompletionItemKind.Property,
  path: vscode.CompletionItemKind.File,
  property: vscode.CompletionItemKind.Property,
  statement: vscode.CompletionItemKind.Variable,
};

function toItems({ start, end, items }: Completions, document: vscode.TextDocument): vscode.CompletionItem[] {
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  return items.map(({ text, type, signature }, index) => {
    const item = new vscode.CompletionItem(text, kinds[type ?? ''] ?? vscode.CompletionItemKind.Variable);
    item.range = range;
    item.detail = signature ?? type ?? '';
    // The kernel's order: what is of this session first, private names last.
    item.sortText = String(index).padStart(6, '0');
    return item;
  });
}

function toMarkdown(found: MimeBundle): vscode.MarkdownString {
  const text = found['text/plain'];
  const plain = typeof text === 'string' ? stripVTControlCharacters(text) : '';
  return new vscode.MarkdownString().appendCodeblock(plain, 'python');
}
