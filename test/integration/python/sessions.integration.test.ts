import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellRequest } from '../../support/cell-request.ts';
import { shown, startPython, type TestPython } from './python.ts';

const endless = 'int endless() { volatile long n = 0; while (true) ++n; return n; }';
const setUp = `import ROOT, random, numpy
kept = 1
array = numpy.arange(4_000_000)
hist = ROOT.TH1F("hist", "", 10, 0, 1)
hist.Fill(0.5)
frame = ROOT.RDataFrame(10).Define("x", "rdfentry_ * 1.0")
random.seed(7)
ROOT.gInterpreter.Declare('${endless}')`;
const look = 'kept, int(array.sum()), hist.GetEntries(), frame.Sum("x").GetValue(), random.random()';

describe('a Python session on the runner', () => {
  let python: TestPython;
  beforeAll(async () => {
    python = await startPython();
    await python.run(setUp);
  });
  afterAll(() => python.hosts.close());

  it.each([
    ['a null pointer in Python', 'import ctypes\nctypes.string_at(0)', 'SIGSEGV', 3],
    [
      'a null pointer in C++',
      'h = 1\nROOT.gInterpreter.ProcessLine("*(volatile int *)8 = 1;")',
      'SIGSEGV',
      3,
    ],
    ['a null pointer in a C++ cell', '%%cpp\nint here = 1;\n*(volatile int *)8 = 1;', 'SIGSEGV', 3],
    ['abort', 'import os\nos.abort()', 'SIGABRT', 3],
    ['the end of the process', 'import os\nos._exit(3)', 'KernelEnded', undefined],
    ['exit()', 'exit()', 'KernelEnded', undefined],
    ['a kill', 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)', 'SIGKILL', undefined],
  ])('is what it was before a cell that ends with %s', async (_, code, name, line) => {
    const isMagic = code.startsWith('%%');
    const result = await python.run(
      isMagic ? code : `print("printed"); kept = 2; random.random(); array[0] = 5; hist.Reset()\n${code}`,
    );
    if (!isMagic) expect(result.stdout).toBe('printed\n');
    expect(result.error?.name).toBe(name);
    expect(result.error?.problems.map((problem) => problem.line)).toEqual(line === undefined ? [] : [line]);
    expect(shown(await python.run(look))).toBe('[result (1, 7999998000000, 1.0, 45.0, 0.32383276483316237)]');
    await python.run('random.seed(7)');
  });

  it('still runs everything after it was restored', async () => {
    await python.run('import os\nos.abort()');
    const cells: [string, string][] = [
      ['import asyncio\nawait asyncio.sleep(0.01)\nprint("awaited")', 'awaited\n'],
      ['%%bash\necho bash', 'bash\n'],
      ['!echo shell', 'shell\r\n'],
      [
        'import multiprocessing\nwith multiprocessing.get_context("fork").Pool(2) as pool: print(pool.map(abs, [-1]))',
        '[1]\n',
      ],
      ['%%cpp\nstd::cout << "cpp" << std::endl;', 'cpp\n'],
      ['from IPython.display import display\ndisplay(1); print(2)', '[display 1]2\n'],
      ['(array @ array) > 0', '[result np.True_]'],
    ];
    for (const [code, expected] of cells) expect(shown(await python.run(code))).toBe(expected);
  });

  it('says which threads a crash has cost', async () => {
    const lost = async (): Promise<string> =>
      /Not restored: .*/.exec(
        (await python.run('import os\nos.abort()')).error?.traceback.join('\n') ?? '',
      )?.[0] ?? '';
    const usual = 'what the cell changed in files and other programs.';
    await lost();
    expect(await lost()).toBe(`Not restored: ${usual}`);
    await python.run(
      'import threading, time\nfor name in ("reader", "writer"): threading.Thread(target=time.sleep, args=(1000,), name=name, daemon=True).start()',
    );
    expect(await lost()).toBe(`Not restored: the threads "reader", "writer" of Python, ${usual}`);
    expect(shown(await python.run('threading.active_count()'))).toBe('[result 1]');
    await python.run(
      'from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1, "pool"); print(list(pool.map(abs, [-1])))',
    );
    expect(await lost()).toBe(`Not restored: the thread "pool_0" of Python, ${usual}`);
    await python.run('%%cpp\nstd::thread([] { gSystem->Sleep(1000000); }).detach();');
    expect(await lost()).toBe(`Not restored: 1 thread of C++ code or libraries, ${usual}`);
  });

  it.each([
    ['a loop of Python', 'while True: pass', 'KeyboardInterrupt'],
    ['sleep', 'import time\ntime.sleep(100)', 'KeyboardInterrupt'],
    ['an endless C++ function', 'ROOT.endless()', 'KeyboardInterrupt'],
    ['an endless C++ line', 'ROOT.gInterpreter.ProcessLine("while (true) {}")', 'KeyboardInterrupt'],
    ['a C++ cell', '%%cpp\nwhile (true) {}', 'KeyboardInterrupt'],
    [
      'an endless data frame',
      'ROOT.RDataFrame(10**12).Define("y", "rdfentry_ * 2.0").Sum("y").GetValue()',
      'KeyboardInterrupt',
    ],
    ['await', 'import asyncio\nawait asyncio.sleep(100)', 'CancelledError'],
    ['input', 'input("?")', 'KeyboardInterrupt'],
    ['a command', '!sleep 100', ''],
    ['os.system', 'import os\nos.system("sleep 100")\nwhile True: pass', 'KeyboardInterrupt'],
  ])('stops %s and keeps what the cell had done', async (_, code, name) => {
    const request = cellRequest(
      code.startsWith('%%') || code.startsWith('!') ? code : `kept += 1; print("began")\n${code}`,
      { language: 'python', mayFail: true },
    );
    let error = '';
    const timer = setTimeout(() => void python.session.interrupt(), 1000);
    for await (const event of python.session.execute(request, new AbortController().signal))
      if (event.kind === 'error') error = event.name;
    clearTimeout(timer);
    expect(error).toBe(name);
    expect(
      shown(
        await python.run(
          'kept = 1; print(hist.GetEntries()); ROOT.gInterpreter.ProcessLine("int after = 1;");',
        ),
      ),
    ).toBe('1.0\n');
  });

  it('goes back to before an earlier cell', async () => {
    const place = (id: string) => ({ place: { cellId: id, index: 0, source: '' } });
    await python.run('kept = 10', place('ten'));
    await python.run('kept = 20', place('twenty'));
    await python.run('kept = 30', place('thirty'));
    await expect(python.session.goBackTo('twenty')).resolves.toEqual(['twenty', 'thirty']);
    expect(shown(await python.run('kept'))).toBe('[result 10]');
  });

  it('stops a cell that catches everything, and goes back to before it', async () => {
    const code =
      'kept = -1; print("began")\nwhile True:\n  try:\n    while True: pass\n  except BaseException: pass';
    let stopped = '';
    for await (const event of python.session.execute(
      cellRequest(code, { language: 'python', mayFail: true }),
      new AbortController().signal,
    )) {
      if (event.kind === 'stream') void python.session.goBack();
      if (event.kind === 'error') stopped = event.name;
    }
    expect(stopped).toBe('Stopped');
    expect(shown(await python.run('kept'))).toBe('[result 10]');
  });
});
