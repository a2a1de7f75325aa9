import path from 'node:path';
import {
  createConnection,
  type Diagnostic,
  NotebookDocuments,
  ProposedFeatures,
  type Range,
  ResponseError,
  LSPErrorCodes,
  SymbolKind,
  TextDocuments,
  TextDocumentSyncKind,
  type CancellationToken,
  type InitializeResult,
  type TextDocumentPositionParams,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { Documents } from './documents.ts';
import { complete } from './features/completion.ts';
import { diagnose, type Problem } from './features/diagnostics.ts';
import { hover } from './features/hover.ts';
import { signatureHelp } from './features/signature.ts';
import type { Introspector } from './introspection/introspector.ts';
import type { Question } from './introspection/question.ts';
import { RootProcess } from './introspection/root-process.ts';
import { InitializationOptions } from './protocol/initialization.ts';
import { splitItems } from './text/items.ts';
import { Lines } from './text/lines.ts';

/** Milliseconds without a keystroke after which a text is checked. */
const pause = 150;

const connection = createConnection(ProposedFeatures.all);
const notebooks = new NotebookDocuments(TextDocument);
const macros = new TextDocuments(TextDocument);
const documents = new Documents(notebooks, macros);
let root: RootProcess | undefined;

connection.onInitialize(({ initializationOptions }): InitializeResult => {
  const { rootExecutable, environment } = InitializationOptions.parse(initializationOptions);
  const macro = path.join(import.meta.dirname, '../agent/introspect.C');
  root = new RootProcess(
    { executable: rootExecutable, macro, environment: environment ?? process.env },
    (line) => {
      connection.console.log(line);
    },
  );
  return {
    serverInfo: { name: 'ROOTbook language server' },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      notebookDocumentSync: {
        notebookSelector: [
          { notebook: 'jupyter-notebook', cells: [{ language: 'cpp' }, { language: 'c++' }] },
        ],
      },
      completionProvider: { triggerCharacters: ['.', '>', ':'] },
      hoverProvider: true,
      signatureHelpProvider: { triggerCharacters: ['(', ','], retriggerCharacters: [')'] },
      documentSymbolProvider: true,
    },
  };
});
connection.onShutdown(() => {
  root?.dispose();
});
connection.onExit(() => {
  root?.dispose();
});

/** Asks about a place; whoever waits is served before what is only checked. Undefined where there is nothing to ask. */
async function ask<T>(
  { textDocument, position }: TextDocumentPositionParams,
  token: CancellationToken,
  answer: (question: Question, introspector: Introspector, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const unit = documents.unitOf(textDocument.uri);
  const document = documents.find(textDocument.uri);
  if (!unit || !document || !root) return undefined;
  const resume = checks.hold();
  try {
    return await answer({ ...unit, offset: document.offsetAt(position) }, root, toSignal(token));
  } catch (caught) {
    if (caught instanceof Error && caught.name === 'AbortError')
      throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    throw caught;
  } finally {
    resume();
  }
}

function toSignal(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => {
    controller.abort();
  });
  return controller.signal;
}

connection.onCompletion(async (params, token) => {
  const items = await ask(params, token, complete);
  // VS Code filters what it has as more is typed.
  return items && { isIncomplete: items.length === 0, items: [...items] };
});

connection.onHover(async (params, token) => {
  const found = await ask(params, token, hover);
  const document = documents.find(params.textDocument.uri);
  if (!found || !document) return null;
  return { contents: { kind: 'markdown', value: found.markdown }, range: rangeIn(document, found) };
});

connection.onSignatureHelp((params, token) => ask(params, token, signatureHelp));

const symbolKinds = {
  variable: SymbolKind.Variable,
  function: SymbolKind.Function,
  class: SymbolKind.Class,
  enum: SymbolKind.Enum,
  type: SymbolKind.Class,
  namespace: SymbolKind.Namespace,
  macro: SymbolKind.Constant,
} as const;

connection.onDocumentSymbol(({ textDocument }) => {
  const document = documents.find(textDocument.uri);
  if (!document) return null;
  return splitItems(document.getText()).flatMap((item) =>
    item.declares
      .filter(({ name }) => name !== '')
      .map(({ name, kind, start }) => ({
        name,
        kind: symbolKinds[kind],
        range: rangeIn(document, item),
        selectionRange: rangeIn(document, { start, end: start + name.length }),
      })),
  );
});

function rangeIn(
  document: TextDocument,
  { start, end }: { readonly start: number; readonly end: number },
): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

/** Checks texts once nobody has typed for a moment, and never while somebody waits for an answer. */
class Checks {
  readonly #pending = new Map<
    string,
    { readonly timer: NodeJS.Timeout; readonly controller: AbortController }
  >();
  readonly #late = new Set<string>();
  #held = 0;

  /** @param uri of a notebook or a macro. */
  schedule(uri: string): void {
    this.#stop(uri);
    if (this.#held > 0) {
      this.#late.add(uri);
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      void this.#run(uri, controller.signal);
    }, pause);
    this.#pending.set(uri, { timer, controller });
  }

  /** @returns what lets checks go on. */
  hold(): () => void {
    this.#held++;
    for (const uri of [...this.#pending.keys()]) {
      this.#stop(uri);
      this.#late.add(uri);
    }
    return () => {
      this.#held--;
      if (this.#held > 0) return;
      for (const uri of this.#late) this.schedule(uri);
      this.#late.clear();
    };
  }

  forget(uri: string): void {
    this.#stop(uri);
    this.#late.delete(uri);
  }

  #stop(uri: string): void {
    const pending = this.#pending.get(uri);
    clearTimeout(pending?.timer);
    pending?.controller.abort();
    this.#pending.delete(uri);
  }

  async #run(uri: string, signal: AbortSignal): Promise<void> {
    try {
      await check(uri, signal);
    } catch (caught) {
      if (!signal.aborted) connection.console.error(`checking failed: ${String(caught)}`);
    } finally {
      if (this.#pending.get(uri)?.controller.signal === signal) this.#pending.delete(uri);
    }
  }
}
const checks = new Checks();

async function check(uri: string, signal: AbortSignal): Promise<void> {
  const notebook = notebooks.getNotebookDocument(uri);
  const macro = macros.get(uri);
  const texts = notebook ? documents.cellsOf(notebook) : macro ? [macro] : [];
  const last = texts.at(-1);
  const unit = last && documents.unitOf(last.uri);
  if (!unit || !root) return;
  const versions = texts.map(({ version }) => version);
  const problems = await diagnose(unit.sources, unit.folder, root, signal);
  signal.throwIfAborted();
  for (const [i, document] of texts.entries()) {
    const found = problems?.get(documents.nameOf(document.uri));
    if (!found || document.version !== versions[i]) continue;
    const diagnostics = found.map((problem) => toDiagnostic(document, problem));
    await connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics });
  }
}

function toDiagnostic(document: TextDocument, { severity, message, start, end, notes }: Problem): Diagnostic {
  return {
    range: rangeIn(document, { start, end }),
    severity: severity === 'error' ? 1 : 2,
    source: 'ROOT',
    message,
    relatedInformation: notes.flatMap((note) => {
      const uri = documents.uriOf(note.source);
      const text = uri === undefined ? undefined : documents.find(uri)?.getText();
      if (uri === undefined || text === undefined) return [];
      const lines = new Lines(text);
      const range = { start: lines.placeOf(note.start), end: lines.placeOf(note.end) };
      return [{ location: { uri, range }, message: note.message }];
    }),
  };
}

notebooks.onDidOpen(({ uri }) => {
  // What takes longest the first time is there when it is needed.
  void root?.names(new AbortController().signal);
  checks.schedule(uri);
});
notebooks.onDidChange(({ notebookDocument }) => {
  checks.schedule(notebookDocument.uri);
});
notebooks.onDidClose((notebook) => {
  checks.forget(notebook.uri);
  for (const { document } of notebook.cells)
    void connection.sendDiagnostics({ uri: document, diagnostics: [] });
});
macros.onDidChangeContent(({ document }) => {
  checks.schedule(document.uri);
});
macros.onDidClose(({ document }) => {
  checks.forget(document.uri);
  void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
});

notebooks.listen(connection);
macros.listen(connection);
connection.listen();
