import type { CellEvent } from '../../../client/src/kernels/cell-events.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shown, startPython, type TestPython } from './python.ts';

function formsIn(events: readonly CellEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'display' ? Object.keys(event.data) : []));
}

describe('a Python cell on the runner', () => {
  let python: TestPython;
  beforeAll(async () => (python = await startPython()));
  afterAll(() => python.hosts.close());

  it.each([
    ['prints, and shows its last value', 'print("a"); 6 * 7', 'a\n[result 42]'],
    ['shows nothing after a semicolon', '1;', ''],
    // Between stdout and stderr there is no order: they are two pipes.
    ['keeps the order of text and displays', orderly, 'one\n[display <b>]two\n[result 4]'],
    [
      'keeps the order of errors',
      'import sys\nprint("three", file=sys.stderr); 4',
      '[stderr three\n][result 4]',
    ],
    ['keeps the order of C++ and Python text', mixed, 'p1 c1 p2 c2\n'],
    [
      'shows a display again where it was',
      'from IPython.display import display\nd = display("x", display_id=True); d.update("y")',
      "[display 'x'][update 'y']",
    ],
    [
      'clears',
      'from IPython.display import clear_output\nprint(1); clear_output(wait=True); print(2)',
      '1\n[clear]2\n',
    ],
    ['shows tables of pandas', 'import pandas\npandas.DataFrame({"a": [1]})', '[result    a]'],
    [
      'shows plots of matplotlib',
      'import matplotlib.pyplot as plt\nplt.plot([1, 2]);',
      '[display <Figure size 640x480 with 1 Axes>]',
    ],
    ['runs shell commands', '!echo hi', 'hi\r\n'],
    ['runs shell cells', '%%bash\necho from bash; echo err >&2', 'from bash\n[stderr err\n]'],
    ['runs shell cells again', '%%bash\necho again', 'again\n'],
    ['awaits', 'import asyncio\nawait asyncio.sleep(0.01)\nprint("awaited")', 'awaited\n'],
    ['makes tasks, as a loop runs', 'task = asyncio.ensure_future(asyncio.sleep(0, 5))', ''],
    ['awaits tasks of earlier cells', 'await task', '[result 5]'],
    ['knows its history', 'len(In) > 3, Out[1]', '[result (True, 42)]'],
    ['describes objects', 'import math\nmath.pi?', '[display \u001b[31mType:\u001b[39m        float]'],
    [
      'says which magics it does not have',
      '%nosuch',
      '[stderr UsageError: Line magic function `%nosuch` not found.\n]',
    ],
    ['runs C++', '%%cpp\nint fromCpp = 3; std::cout << "out" << std::endl;\nfromCpp + 1', 'out\n(int) 4\n'],
    ['shares its objects with C++', 'import ROOT\nROOT.fromCpp', '[result 3]'],
    [
      'runs in several processes',
      'import multiprocessing\ndef double(x): return 2 * x\nwith multiprocessing.get_context("fork").Pool(2) as pool: print(pool.map(double, range(4)))',
      '[0, 2, 4, 6]\n',
    ],
    [
      'runs in several threads',
      'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as pool: print(list(pool.map(str, range(3))))',
      "['0', '1', '2']\n",
    ],
    [
      'runs C++ on all processors',
      'ROOT.EnableImplicitMT(2)\nROOT.RDataFrame(1000).Define("x", "1.0 * rdfentry_").Sum("x").GetValue()',
      '[result 499500.0]',
    ],
    [
      'runs in several processes that start afresh',
      'with multiprocessing.get_context("spawn").Pool(2) as pool: print(pool.map(abs, [-1, 2]))',
      '[1, 2]\n',
    ],
    [
      'runs in the processes of an executor',
      'from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool: print(list(pool.map(double, [3])))',
      '[6]\n',
    ],
    [
      'runs Dask in threads',
      'import dask\nprint(dask.delayed(sum)([dask.delayed(double)(i) for i in range(4)]).compute(scheduler="threads"))',
      '12\n',
    ],
    ['runs Dask in processes', dask, '12\n'],
    ['times a line', '%time y = 3\ny', /^CPU times: .*\nWall time: [\d.]+ .s\n(.|\n)*\[result 3\]$/],
    ['times a cell', '%%time\nz = 4\nz', /^CPU times: .*\nWall time: .*\n\[result 4\]$/],
    [
      'times many runs',
      '%timeit -n 2 -r 2 pass',
      /^.+s ± .+ per loop \(mean ± std\. dev\. of 2 runs, 2 loops each\)\n$/,
    ],
    ['is a notebook to those who ask', 'get_ipython().__class__.__name__', "[result 'ZMQInteractiveShell']"],
    ['writes bytes', 'import sys\nsys.stdout.buffer.write(b"raw\\n");sys.stdout.flush()', 'raw\n'],
    ['may close its output', 'import os\nos.close(1)', ''],
    ['has it again in the next cell', 'print("back")', 'back\n'],
    ['may fork', 'if os.fork() == 0: print("child")\nelse: os.wait(); print("parent")', 'child\nparent\n'],
    ['stops with a child that it left running', 'print(os.getpid() == os.getpgid(0) or "main")', 'main\n'],
  ])('%s', async (_, code, expected) => {
    const found = shown(await python.run(code));
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });

  it('fails at its line', async () => {
    const { error, status } = await python.run('\n\nx = 1\nx / 0');
    expect(status).toBe('error');
    expect(error).toMatchObject({
      name: 'ZeroDivisionError',
      message: 'division by zero',
      problems: [{ line: 4, column: 1 }],
    });
    expect(error?.traceback.join('\n')).toContain('ZeroDivisionError');
  });

  it('does not compile at its line', async () => {
    const { error } = await python.run('x = 1\nif x\n  pass');
    expect(error).toMatchObject({ name: 'SyntaxError', problems: [{ line: 2, column: 5 }] });
  });

  it('fails at the line of its C++ code', async () => {
    const { error } = await python.run('%%cpp\nint q = 1;\nq = unheardOf;');
    expect(error).toMatchObject({ name: 'CompileError', problems: [{ line: 3, column: 5 }] });
  });

  it('fails with the exception of its C++ code', async () => {
    const { error } = await python.run('%%cpp\nthrow std::runtime_error("thrown");');
    expect(error).toMatchObject({ name: 'std::runtime_error', message: 'thrown', problems: [{ line: 2 }] });
  });

  it('is C++ where its language is', async () => {
    const result = await python.run('int direct = 5;\nstd::cout << direct << std::endl;', {
      language: 'cpp',
    });
    expect(result.stdout).toBe('5\n');
    expect(shown(await python.run('ROOT.direct'))).toBe('[result 5]');
  });

  it('shows a canvas as a C++ cell does', async () => {
    const { events } = await python.run(
      'c = ROOT.TCanvas("c"); h = ROOT.TH1F("h", "t", 10, 0, 1); h.Fill(0.5); h.Draw(); c.Draw()',
    );
    expect(formsIn(events)).toEqual(['text/html', 'image/png', 'text/plain']);
    const { events: more } = await python.run('%jsroot off\nc.Draw()');
    expect(formsIn(more)).toEqual(['image/png', 'text/plain']);
  });

  it('asks in the editor', async () => {
    const results: string[] = [];
    const code =
      'name = input("Name? "); import getpass; secret = getpass.getpass("Secret? "); print(name, secret)';
    const request = {
      id: 'asks',
      code,
      language: 'python' as const,
      mayFail: true,
      place: { cellId: 'asks', index: 1, source: '' },
    };
    for await (const event of python.session.execute(request, new AbortController().signal)) {
      if (event.kind === 'input') {
        results.push(`${event.prompt}${String(event.password)}`);
        event.reply(event.password ? 'pw' : 'Ada');
      }
      if (event.kind === 'stream') results.push(event.text);
    }
    expect(results).toEqual(['Name? false', 'Secret? true', 'Ada pw\n']);
  });
});

const orderly = `from IPython.display import display, HTML
print("one")
class B:
    def __repr__(self): return "<b>"
display(B())
print("two")
4`;

/** As people use it: a cluster of this machine, within a cell. */
const dask = `from dask.distributed import Client
with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
    print(sum(client.gather(client.map(lambda x: 2 * x, range(4)))))`;

const mixed = `import ROOT
print("p1", end=" ")
ROOT.gInterpreter.ProcessLine('printf("c1 ");')
print("p2", end=" ")
ROOT.gInterpreter.ProcessLine('std::cout << "c2" << std::endl;');`;
