import net from 'node:net';
import * as vscode from 'vscode';
import { z } from 'zod';

/** Does in the extension host what a bench asks for over a socket, one JSON line a request. */
export function activate(context: vscode.ExtensionContext): void {
  const socketPath = process.env['ROOTBOOK_BENCH_SOCKET'];
  if (socketPath === undefined) return;
  registerStub(context);
  const socket = net.connect(socketPath);
  socket.setEncoding('utf8');
  let rest = '';
  socket.on('data', (text) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) void answer(socket, line);
  });
}

const Request = z.object({ id: z.number(), operation: z.string(), arguments: z.array(z.string()) });

async function answer(socket: net.Socket, line: string): Promise<void> {
  const request = Request.parse(JSON.parse(line));
  try {
    const operation = operations[request.operation];
    if (!operation) throw new Error(`unknown operation ${request.operation}`);
    const result = await operation(...request.arguments);
    socket.write(`${JSON.stringify({ id: request.id, result })}\n`);
  } catch (error) {
    socket.write(`${JSON.stringify({ id: request.id, error: String(error) })}\n`);
  }
}

/** The floor: a kernel that answers at once, with one output for each cell, awaiting nothing. */
function registerStub(context: vscode.ExtensionContext): void {
  const stub = vscode.notebooks.createNotebookController('stub', 'jupyter-notebook', 'Stub');
  stub.supportedLanguages = ['c++', 'cpp', 'python'];
  stub.supportsExecutionOrder = true;
  let count = 0;
  stub.executeHandler = (cells) => {
    for (const cell of cells) {
      const execution = stub.createNotebookCellExecution(cell);
      execution.executionOrder = ++count;
      execution.start(Date.now());
      const item = vscode.NotebookCellOutputItem.stdout(`${String(count)}\n`);
      void execution.appendOutput([new vscode.NotebookCellOutput([item])]);
      execution.end(true, Date.now());
    }
  };
  context.subscriptions.push(stub);
}

async function open(file: string, controller: string, extension: string): Promise<vscode.NotebookEditor> {
  const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(file));
  const editor = await vscode.window.showNotebookDocument(notebook);
  await vscode.commands.executeCommand('notebook.selectKernel', { id: controller, extension });
  return editor;
}

/** Milliseconds of Run All until every cell has ended. Looks only at what changed, so as not to be measured itself. */
async function runAll(notebook: vscode.NotebookDocument): Promise<number> {
  const cells = notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
  await vscode.commands.executeCommand('notebook.clearAllCellsOutputs');
  const since = Date.now();
  const start = performance.now();
  const missing = new Set(cells);
  const failed: vscode.NotebookCell[] = [];
  const all = new Promise<void>((resolve) => {
    const listener = vscode.workspace.onDidChangeNotebookDocument(({ cellChanges }) => {
      for (const { cell, executionSummary: summary } of cellChanges) {
        if ((summary?.timing?.endTime ?? 0) < since) continue;
        if (summary?.success !== true) failed.push(cell);
        missing.delete(cell);
      }
      if (missing.size > 0) return;
      listener.dispose();
      resolve();
    });
  });
  await vscode.commands.executeCommand('notebook.execute');
  await all;
  const took = performance.now() - start;
  if (failed.length > 0) throw new Error('a cell failed');
  return took;
}

const operations: Readonly<Record<string, (...args: string[]) => Promise<unknown>>> = {
  /** Milliseconds until an extension is active. */
  activate: async (id = '') => {
    const extension = vscode.extensions.getExtension(id);
    if (!extension || extension.isActive) throw new Error(`${id} is missing or was active before`);
    const start = performance.now();
    await extension.activate();
    return performance.now() - start;
  },
  isActive: (id = '') => Promise.resolve(vscode.extensions.getExtension(id)?.isActive),
  /** Opens a notebook with a controller; nothing runs. */
  open: async (file = '', controller = '', extension = '') => {
    await open(file, controller, extension);
  },
  /** Milliseconds of Run All in the notebook in front, until the last cell has ended. */
  runAll: async () => {
    const editor = vscode.window.activeNotebookEditor;
    if (!editor) throw new Error('no notebook is in front');
    return runAll(editor.notebook);
  },
  /** Milliseconds from opening a closed notebook to the end of its first cell. */
  firstResult: async (file = '', controller = '', extension = '') => {
    const start = performance.now();
    const { notebook } = await open(file, controller, extension);
    await runAll(notebook);
    return performance.now() - start;
  },
  command: async (id = '') => {
    await vscode.commands.executeCommand(id);
  },
  /** Characters of text that the outputs of the notebook in front hold. */
  textLength: () => {
    const cells = vscode.window.activeNotebookEditor?.notebook.getCells() ?? [];
    const items = cells.flatMap(({ outputs }) => outputs.flatMap((output) => output.items));
    return Promise.resolve(items.reduce((sum, { data }) => sum + data.length, 0));
  },
  shutDown: async () => {
    await vscode.commands.executeCommand('rootbook.shutDown');
  },
};
