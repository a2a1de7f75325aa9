import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NotebookDocument, NotebookDocuments, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Source } from './text/program.ts';

/** A cell or macro with those that run before it. */
export interface Unit {
  /** In the order in which they run; ends with the document asked for. */
  readonly sources: readonly Source[];
  /** Of the file on disk; empty where there is none. */
  readonly folder: string;
}

/** Cells and macros that are open. */
export class Documents {
  readonly #notebooks: NotebookDocuments<TextDocument>;
  readonly #macros: TextDocuments<TextDocument>;
  readonly #names = new Map<string, string>();

  constructor(notebooks: NotebookDocuments<TextDocument>, macros: TextDocuments<TextDocument>) {
    this.#notebooks = notebooks;
    this.#macros = macros;
  }

  find(uri: string): TextDocument | undefined {
    return this.#notebooks.cellTextDocuments.get(uri) ?? this.#macros.get(uri);
  }

  unitOf(uri: string): Unit | undefined {
    const document = this.find(uri);
    if (!document) return undefined;
    const notebook = this.#notebooks.findNotebookDocumentForCell(uri);
    if (!notebook) return { sources: [this.#source(document)], folder: folderOf(uri) };
    const cells = this.cellsOf(notebook);
    const index = cells.findIndex((cell) => cell.uri === uri);
    return {
      sources: cells.slice(0, index + 1).map((cell) => this.#source(cell)),
      folder: folderOf(notebook.uri),
    };
  }

  /** C++ cells in order. */
  cellsOf(notebook: NotebookDocument): readonly TextDocument[] {
    return notebook.cells.flatMap(({ document }) => this.#notebooks.cellTextDocuments.get(document) ?? []);
  }

  /** The short name by which the compiler knows a document. */
  nameOf(uri: string): string {
    const before = this.#names.get(uri);
    if (before !== undefined) return before;
    const name = `rb${String(this.#names.size + 1)}`;
    this.#names.set(uri, name);
    return name;
  }

  uriOf(name: string): string | undefined {
    return [...this.#names].find(([, each]) => each === name)?.[0];
  }

  #source(document: TextDocument): Source {
    return { name: this.nameOf(document.uri), text: document.getText() };
  }
}

function folderOf(uri: string): string {
  return uri.startsWith('file:') ? path.dirname(fileURLToPath(uri)) : '';
}
