import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

type Cell = readonly [language: string, text: string];

const kernels = {
  cpp: { name: 'root', language: 'c++', display_name: 'ROOT C++' },
  python: { name: 'python3', language: 'python', display_name: 'Python 3' },
} as const;

let folder: string;
before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'controller-'))));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  if (vscode.window.activeNotebookEditor) await vscode.commands.executeCommand('rootbook.shutDown');
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
});

/** Opens a notebook file as Jupyter would have written it. */
async function open(flavour: 'cpp' | 'python', cells: readonly Cell[]): Promise<vscode.NotebookDocument> {
  const file = path.join(folder, `${flavour}-${String(Date.now())}.ipynb`);
  const own = flavour === 'cpp' ? 'c++' : 'python';
  const saved = cells.map(([language, text], index) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${String(index)}`,
    metadata: language === own ? {} : { vscode: { languageId: language } },
    outputs: [],
    source: [text],
  }));
  const metadata = { kernelspec: kernels[flavour], language_info: { name: own } };
  writeFileSync(file, JSON.stringify({ cells: saved, metadata, nbformat: 4, nbformat_minor: 5 }));
  const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(file));
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

/** Waits for a claim on what the editor shows; each change of a document or diagnostic is a reason to look again. */
async function until(claim: () => boolean): Promise<void> {
  const disposables: vscode.Disposable[] = [];
  try {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (claim()) resolve();
      };
      disposables.push(
        vscode.workspace.onDidChangeNotebookDocument(look),
        vscode.languages.onDidChangeDiagnostics(look),
        vscode.workspace.onDidSaveNotebookDocument(look),
      );
      look();
    });
  } finally {
    for (const disposable of disposables) disposable.dispose();
  }
}

/** Runs all cells with the kernel that the notebook was given, and waits for those that are to end. */
async function runAll(notebook: vscode.NotebookDocument, ended = notebook.cellCount): Promise<void> {
  await vscode.commands.executeCommand('notebook.execute');
  await until(
    () =>
      notebook.getCells().filter(({ executionSummary }) => executionSummary?.success !== undefined).length >=
      ended,
  );
}

function textOf(cell: vscode.NotebookCell): string {
  return cell.outputs
    .flatMap(({ items }) => items.map(({ data }) => new TextDecoder().decode(data)))
    .join('');
}

describe('a notebook with a kernel of ours', () => {
  it('runs the cells of a C++ notebook in order, and opening it changes nothing', async () => {
    const notebook = await open('cpp', [
      ['c++', 'int a = 20;'],
      ['cpp', 'std::cout << a + 1 << std::endl; std::cout << "more" << std::endl;'],
      ['shellscript', 'echo from the shell'],
    ]);
    assert.equal(notebook.isDirty, false);
    await runAll(notebook);
    assert.deepEqual(
      notebook
        .getCells()
        .map(({ executionSummary }) => [executionSummary?.executionOrder, executionSummary?.success]),
      [
        [1, true],
        [2, true],
        [3, true],
      ],
    );
    assert.equal(textOf(notebook.cellAt(1)), '21\nmore\n');
    assert.equal(notebook.cellAt(1).outputs.length, 1);
    assert.equal(textOf(notebook.cellAt(2)), 'from the shell\n');
  });

  it('drops no cell: one of a foreign language fails and says why', async () => {
    const notebook = await open('cpp', [
      ['c++', '1'],
      ['javascript', 'let x'],
    ]);
    await runAll(notebook);
    assert.equal(notebook.cellAt(0).executionSummary?.success, true);
    assert.equal(notebook.cellAt(1).executionSummary?.success, false);
    assert.match(textOf(notebook.cellAt(1)), /language \\"javascript\\" cannot run here/);
  });

  it('stops at a failed cell, marks the place of the error until the cell is edited', async () => {
    const notebook = await open('cpp', [
      ['c++', 'int µ = 1;\nint b = µ + missing;'],
      ['c++', 'std::cout << "never";'],
    ]);
    await runAll(notebook, 1);
    const [failed, next] = notebook.getCells();
    assert.ok(failed && next);
    assert.equal(failed.executionSummary?.success, false);
    assert.equal(next.executionSummary?.success, undefined);
    assert.equal(next.outputs.length, 0);
    const { uri } = failed.document;
    await until(() => vscode.languages.getDiagnostics(uri).length > 0);
    const [problem] = vscode.languages.getDiagnostics(uri);
    assert.match(problem?.message ?? '', /missing/);
    assert.equal(problem && failed.document.getText(problem.range), 'missing');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), ' ');
    await vscode.workspace.applyEdit(edit);
    await until(() => vscode.languages.getDiagnostics(uri).length === 0);
  });

  it('is saved as any Jupyter front end would have saved it', async () => {
    const notebook = await open('python', [
      ['python', 'import sys\nprint("out"); print("err", file=sys.stderr)\n6 * 7'],
      [
        'python',
        'from IPython.display import display\ndisplay({"text/html": "<b>x</b>", "text/plain": "x"}, raw=True)',
      ],
      ['python', 'import ROOT\nraise ValueError("wrong")'],
    ]);
    await runAll(notebook);
    assert.ok(await notebook.save());
    const saved = JSON.parse(readFileSync(notebook.uri.fsPath, 'utf8')) as {
      metadata: { kernelspec: unknown };
      cells: { execution_count: number; outputs: Record<string, unknown>[] }[];
    };
    assert.deepEqual(saved.metadata.kernelspec, kernels.python);
    assert.deepEqual(
      saved.cells.map(({ execution_count: count }) => count),
      [1, 2, 3],
    );
    const [first, second, third] = saved.cells.map(({ outputs }) => outputs);
    const byType = Object.fromEntries(
      (first ?? []).map((output) => [String(output['name'] ?? output['output_type']), output]),
    );
    assert.deepEqual(byType['stdout'], { name: 'stdout', output_type: 'stream', text: ['out\n'] });
    assert.deepEqual(byType['stderr'], { name: 'stderr', output_type: 'stream', text: ['err\n'] });
    assert.deepEqual(byType['execute_result'], {
      data: { 'text/plain': ['42'] },
      execution_count: 1,
      metadata: {},
      output_type: 'execute_result',
    });
    assert.deepEqual(second, [
      { data: { 'text/html': ['<b>x</b>'], 'text/plain': ['x'] }, metadata: {}, output_type: 'display_data' },
    ]);
    assert.equal(third?.[0]?.['ename'], 'ValueError');
    assert.equal(third[0]['evalue'], 'wrong');
    assert.ok(Array.isArray(third[0]['traceback']));
  });

  it('updates a display of another cell', async () => {
    const notebook = await open('python', [
      [
        'python',
        'import ROOT\nfrom IPython.display import display\nhandle = display("before", display_id="d")',
      ],
      ['python', 'handle.update("after")'],
    ]);
    await runAll(notebook);
    await until(() => textOf(notebook.cellAt(0)).includes('after'));
    assert.doesNotMatch(textOf(notebook.cellAt(0)), /before/);
    assert.equal(notebook.cellAt(1).outputs.length, 0);
  });

  it('completes and describes in Python cells what the kernel holds', async () => {
    const notebook = await open('python', [
      ['python', 'import ROOT\nheld_by_the_kernel = ROOT.TH1F("h", "", 10, 0, 1)'],
      ['python', 'held_by_the_kernel.FillRan'],
    ]);
    await vscode.commands.executeCommand('notebook.cell.execute', {
      ranges: [{ start: 0, end: 1 }],
      document: notebook.uri,
    });
    await until(() => notebook.cellAt(0).executionSummary?.success === true);
    const { uri } = notebook.cellAt(1).document;
    let labels: unknown[] = [];
    // The kernel says that it is idle a moment after the cell is done.
    while (!labels.includes('FillRandom')) {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        uri,
        new vscode.Position(0, 26),
      );
      labels = list.items.map(({ label }) => label);
    }
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      new vscode.Position(0, 3),
    );
    const texts = hovers.flatMap(({ contents }) =>
      contents.map((each) => (each instanceof vscode.MarkdownString ? each.value : '')),
    );
    assert.match(texts.join(), /TH1F/);
  });

  it('replaces the outputs of a cell that runs again', async () => {
    const notebook = await open('cpp', [['c++', 'static int n = 0; std::cout << "run" << std::endl;']]);
    await runAll(notebook);
    const before = notebook.cellAt(0).executionSummary?.executionOrder;
    await vscode.commands.executeCommand('notebook.execute');
    await until(() => {
      const { executionSummary } = notebook.cellAt(0);
      return executionSummary?.executionOrder !== before && executionSummary?.success === true;
    });
    assert.equal(textOf(notebook.cellAt(0)), 'run\n');
  });
});

describe('a notebook that is none of ours', () => {
  it('gets no kernel of ours and stays as it is', async () => {
    const notebook = await open('python', [['python', 'import numpy']]);
    await vscode.extensions.getExtension('rootbook.rootbook')?.activate();
    assert.equal(notebook.isDirty, false);
    assert.deepEqual(notebook.cellAt(0).outputs, []);
  });
});
