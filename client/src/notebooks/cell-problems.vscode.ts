import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import type { Problem } from '../kernels/cell-events.ts';
import { toColumn, wordEnd } from './positions.ts';

/** Compiler messages on the cells they belong to, until the cell is edited, rerun or deleted. */
export interface CellProblems {
  show(cell: vscode.NotebookCell, problems: readonly Problem[]): void;
  clear(cell: vscode.NotebookCell): void;
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  note: vscode.DiagnosticSeverity.Information,
} as const;

export function createCellProblems(scope: Scope): CellProblems {
  const collection = scope.own(vscode.languages.createDiagnosticCollection('ROOTbook'));
  scope.own(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) collection.delete(document.uri);
    }),
  );
  scope.own(
    vscode.workspace.onDidChangeNotebookDocument(({ contentChanges }) => {
      for (const cell of contentChanges.flatMap(({ removedCells }) => removedCells)) {
        collection.delete(cell.document.uri);
      }
    }),
  );
  scope.own(
    vscode.workspace.onDidCloseNotebookDocument((notebook) => {
      for (const cell of notebook.getCells()) collection.delete(cell.document.uri);
    }),
  );
  return {
    show(cell, problems) {
      collection.set(
        cell.document.uri,
        problems.flatMap((problem) => toDiagnostic(cell.document, problem)),
      );
    },
    clear(cell) {
      collection.delete(cell.document.uri);
    },
  };
}

function toDiagnostic(document: vscode.TextDocument, problem: Problem): vscode.Diagnostic[] {
  if (problem.line > document.lineCount) return [];
  const { text } = document.lineAt(problem.line - 1);
  const start = toColumn(text, problem.column);
  const range = new vscode.Range(problem.line - 1, start, problem.line - 1, wordEnd(text, start));
  const diagnostic = new vscode.Diagnostic(range, problem.message, severities[problem.severity]);
  diagnostic.source = 'ROOT';
  return [diagnostic];
}
