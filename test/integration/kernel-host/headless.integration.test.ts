import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tools } from '../../support/real-kernel.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-headless-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Cell {
  readonly source: string;
  readonly tags?: readonly string[];
  readonly language?: string;
}

const Output = z.looseObject({ output_type: z.string(), text: z.array(z.string()).optional() });
const Executed = z.object({
  cells: z.array(z.looseObject({ outputs: z.array(Output), execution_count: z.number().nullable() })),
});

function run(
  language: 'c++' | 'python',
  cells: readonly Cell[],
  args: readonly string[] = [],
): {
  readonly code: number | null;
  readonly stderr: string;
  readonly cells: z.infer<typeof Executed>['cells'];
} {
  const [input, output] = [path.join(folder, 'in.ipynb'), path.join(folder, 'out.ipynb')];
  const kernelspec = { name: language === 'c++' ? 'root' : 'python3', language, display_name: language };
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec },
    cells: cells.map(({ source, tags = [], language: own }, index) => ({
      cell_type: 'code',
      id: `c${String(index)}`,
      metadata: { tags, ...(own === undefined ? {} : { vscode: { languageId: own } }) },
      source,
      outputs: [],
      execution_count: null,
    })),
  };
  writeFileSync(input, JSON.stringify(notebook));
  const { status, stderr } = runProgram([input, output, ...args]);
  const executed = Executed.parse(JSON.parse(readFileSync(output, 'utf8')));
  return { code: status, stderr, cells: executed.cells };
}

function runProgram(args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(process.execPath, ['client/dist/headless.cjs', ...args], {
    encoding: 'utf8',
    env: {
      ...process.env,
      XDG_STATE_HOME: path.join(folder, 'state'),
      VIRTUAL_ENV: path.join(tools, 'python'),
    },
  });
}

describe('a notebook without an editor', () => {
  it('runs its C++ cells and holds what they showed', () => {
    const { code, cells } = run('c++', [{ source: 'int a = 2;' }, { source: 'a * 21' }]);
    expect(code).toBe(0);
    expect(cells.map(({ execution_count: count }) => count)).toEqual([1, 2]);
    expect(cells[1]?.outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: ['(int) 42\n'] }]);
  });

  it('stops at a failed cell and says so with its exit code', () => {
    const { code, cells } = run('c++', [{ source: 'int a = 2' }, { source: 'nonsense;' }, { source: 'a' }]);
    expect(code).toBe(1);
    expect(cells.map(({ outputs }) => outputs.map(({ output_type: type }) => type))).toEqual([
      ['stream'],
      ['error'],
      [],
    ]);
    expect(cells[2]?.execution_count).toBeNull();
  });

  it('goes on after a cell that is expected to fail', () => {
    const source = 'throw std::runtime_error("on purpose");';
    const { code, cells } = run('c++', [{ source, tags: ['raises-exception'] }, { source: '1' }]);
    expect(code).toBe(0);
    expect(cells[1]?.outputs).toHaveLength(1);
  });

  it('runs Python with C++ that shares objects', () => {
    const { code, cells } = run('python', [
      { source: 'import ROOT\nh = ROOT.TH1F("h", "", 10, 0, 1)\nh.Fill(0.5)' },
      { source: '%%cpp\nint twice() { return 2; }\nint n = twice() * (int) h->GetEntries();' },
      { source: 'int m = n + 1;', language: 'cpp' },
      { source: 'print(ROOT.n, ROOT.m)' },
    ]);
    expect(cells[3]?.outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: ['2 3\n'] }]);
    expect(code).toBe(0);
  });

  it.each([
    ['python', ['ZMQInteractiveShell rootbook_shell']],
    ['python-jupyter', ['ZMQInteractiveShell ipykernel.zmqshell']],
  ])('runs Python on the kernel %s when that is named', (kernel, shell) => {
    const source = 'type(get_ipython()).__name__, type(get_ipython()).__module__';
    const { cells } = run('python', [{ source: `print(*(${source}))` }], ['--kernel', kernel]);
    expect(cells[0]?.outputs.map(({ text }) => text)).toEqual([[`${shell.join('')}\n`]]);
  });

  it.each<[string, string, string]>([
    ['is no JSON', 'hello', 'is not a notebook: it is not JSON'],
    ['is of an older format', '{"nbformat":3,"nbformat_minor":0,"worksheets":[]}', 'notebook format 3'],
    ['has no cells', '{"nbformat":4,"nbformat_minor":5,"metadata":{}}', 'cells'],
  ])('is refused when the file %s', (_name, text, words) => {
    const file = path.join(folder, 'bad.ipynb');
    writeFileSync(file, text);
    const { status, stderr } = runProgram([file, path.join(folder, 'never.ipynb')]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  it('takes no other ROOT than the one that is named', () => {
    const input = path.join(folder, 'in.ipynb');
    writeFileSync(input, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] }));
    const { status, stderr } = runProgram([input, path.join(folder, 'out.ipynb'), '--root', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain(`There is no ROOT in ${folder}.`);
  });

  it('tells how it is called', () => {
    const { status, stderr } = runProgram(['only-one.ipynb']);
    expect(status).toBe(2);
    expect(stderr).toContain('usage: notebook IN.ipynb OUT.ipynb');
  });
});
