import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emission } from '../../../client/src/kernel-host/backend.ts';
import { errorOf, only, startTestKernel, type TestKernel } from './kernel.ts';

let kernel: TestKernel;

beforeAll(async () => {
  kernel = await startTestKernel();
});

afterAll(async () => {
  await kernel.stop();
});

describe('a Python cell', () => {
  it('gives its value, its prints and nothing else', async () => {
    const { reply, emissions, stdout } = await kernel.python('print("hi")\n1 + 1');
    expect(reply.status).toBe('ok');
    expect(stdout).toBe('hi\n');
    expect(emissions.map(({ type }) => type)).toEqual(['stream', 'execute_result']);
    expect(only(emissions, 'execute_result').content['data']).toEqual({ 'text/plain': '2' });
  });

  it('keeps the order of what Python, C and child processes print, on stdout and around displays', async () => {
    const { emissions } = await kernel.python(
      'import ctypes, os\nfrom IPython.display import display\nlibc = ctypes.CDLL(None)\n' +
        'print("a")\nlibc.printf(b"b\\n")\nos.system("echo c")\ndisplay("d")\nlibc.printf(b"e\\n"); print("f")',
    );
    const said = emissions.map(({ type, content }) =>
      type === 'stream' ? String(content['text']) : type === 'display_data' ? 'DISPLAY' : '',
    );
    expect(said.join('')).toBe('a\nb\nc\nDISPLAYe\nf\n');
  });

  it('that fails says where, also below blank lines', async () => {
    const { reply, emissions } = await kernel.python('\n\nx = 1\nprint( 1/0)');
    expect(reply.status).toBe('error');
    expect(errorOf(emissions)).toMatchObject({
      ename: 'ZeroDivisionError',
      problems: [{ severity: 'error', message: 'ZeroDivisionError: division by zero', line: 4, column: 8 }],
    });
  });

  it('with a mistake of syntax says where', async () => {
    const { emissions } = await kernel.python('x = 1\nñ = f(:\n');
    expect(errorOf(emissions)['problems']).toEqual([
      { severity: 'error', message: 'invalid syntax', line: 2, column: 8 },
    ]);
  });

  it('marks its own line when the error comes out of a function of another cell', async () => {
    await kernel.python('def inner():\n    raise ValueError("deep")');
    const { emissions } = await kernel.python('# first line\ninner()');
    expect(errorOf(emissions)['problems']).toEqual([
      { severity: 'error', message: 'ValueError: deep', line: 2, column: 1 },
    ]);
  });

  it('finds a namespace and a history that hold only what users put there', async () => {
    const fresh = await startTestKernel();
    try {
      const { stdout } = await fresh.python(
        'print([name for name in dir() if not name.startswith("_") and name not in ("In", "Out", "exit", "quit", "get_ipython", "open")], In[1:-1], Out, get_ipython().execution_count)',
      );
      expect(stdout).toMatch(/^\[\] \[\] \{\} [12]\n$/);
    } finally {
      await fresh.stop();
    }
  });

  it('shows matplotlib figures inline', async () => {
    const { emissions } = await kernel.python(
      '%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()',
    );
    expect(only(emissions, 'display_data').content['data']).toHaveProperty('image/png');
  });

  it('asks for input and goes on with the answer', async () => {
    const { stdout } = await kernel.python('print(input("name? ") + "!")', ({ channel, type, content }) => {
      if (type !== 'input_request') return;
      expect(channel).toBe('stdin');
      expect(content['prompt']).toBe('name? ');
      const message = { channel: 'stdin', type: 'input_reply', id: 'i1', content: { value: 'Ada' } } as const;
      kernel.backend.handle(message, () => undefined);
    });
    expect(stdout).toBe('Ada!\n');
  });
});

describe('a request beside cells', () => {
  const ask = (type: string, content: Readonly<Record<string, unknown>>, answer: string): Promise<Emission> =>
    new Promise((resolve) => {
      kernel.backend.handle({ channel: 'shell', type, id: type, content }, (emission) => {
        if (emission.type === answer) resolve(emission);
      });
    });

  it.each([
    ['complete_request', { code: 'impor', cursor_pos: 5 }, 'complete_reply', { status: 'ok' }],
    ['inspect_request', { code: 'len', cursor_pos: 3, detail_level: 0 }, 'inspect_reply', { found: true }],
    ['is_complete_request', { code: 'for i in x:' }, 'is_complete_reply', { status: 'incomplete' }],
    [
      'history_request',
      { hist_access_type: 'tail', n: 1, output: false, raw: true },
      'history_reply',
      { status: 'ok' },
    ],
    ['comm_info_request', {}, 'comm_info_reply', { status: 'ok' }],
  ])('%s is answered', async (type, content, answer, expected) => {
    const { content: answered } = await ask(type, content, answer);
    expect(answered).toMatchObject(expected);
  });

  it('waits for the running cell and is not lost', async () => {
    let done = false;
    const cell = kernel.python('import time; time.sleep(0.3)').then(() => (done = true));
    const answer = await ask('complete_request', { code: 'impor', cursor_pos: 5 }, 'complete_reply');
    await cell;
    expect([answer.content['status'], done]).toEqual(['ok', true]);
  });

  it('opens comms in both directions', async () => {
    await kernel.python(
      'def opened(comm, message):\n    comm.send({"got": message["content"]["data"]})\nget_ipython().kernel.comm_manager.register_target("t", opened)',
    );
    const { content } = await ask(
      'comm_open',
      { comm_id: 'c', target_name: 't', data: { a: 1 } },
      'comm_msg',
    );
    expect(content).toMatchObject({ comm_id: 'c', data: { got: { a: 1 } } });
  });
});

describe('a C++ cell', () => {
  it('shares objects with Python in both directions', async () => {
    expect((await kernel.cpp('int x3 = 3;')).reply.status).toBe('ok');
    const { emissions } = await kernel.python(
      'import ROOT\nh = ROOT.TH1F("hpy", "from Python", 10, 0, 1); h.Fill(0.5)\nROOT.x3',
    );
    expect(only(emissions, 'execute_result').content['data']).toEqual({ 'text/plain': '3' });
    expect((await kernel.cpp('hpy->GetEntries()')).stdout).toBe('(double) 1.0000000\n');
  });

  it('holds several functions and statements in any order, and prints values without a semicolon', async () => {
    const { reply, stdout } = await kernel.cpp('int f1() { return 1; }\nint f2() { return f1() + 1; }\nf2()');
    expect([reply.status, stdout]).toEqual(['ok', '(int) 2\n']);
  });

  it.each([
    ['its first line where the host added the magic', 'int q = 1;\n  nope(q);', 2, 3],
    ['the line below the magic', '%%cpp\nint r = 1;\nnope(r);', 3, 1],
    ['lines below blank ones and a declaring magic', '\n%%cpp -d\nint broken() { return nope; }', 3, 23],
  ])('that does not compile fails, counted from %s', async (_, code, line, column) => {
    const { reply, emissions } = await kernel.cpp(code);
    const error = errorOf(emissions);
    expect([reply.status, error['ename']]).toEqual(['error', 'CompileError']);
    expect(error['problems']).toMatchObject([{ severity: 'error', line, column }]);
    const traceback = JSON.stringify(error['traceback']);
    expect(traceback).toMatch(new RegExp(String.raw`In\[\d+\]:${String(line)}:${String(column)}: error: `));
    expect(traceback).not.toMatch(/File |rootbook_agent|Traceback/);
  });

  it('that throws fails with the type and the text of the exception', async () => {
    const { emissions } = await kernel.cpp('int k = 0;\nthrow std::runtime_error("boom");');
    expect(errorOf(emissions)).toMatchObject({
      ename: 'std::runtime_error',
      evalue: 'boom',
      problems: [{ message: 'boom', line: 2, column: 1 }],
    });
  });

  it('that is not complete fails and leaves the interpreter usable', async () => {
    expect(errorOf((await kernel.cpp('void open() {')).emissions)['ename']).toBe('IncompleteCell');
    expect((await kernel.cpp('1 + 1')).stdout).toBe('(int) 2\n');
  });

  it('compiles with ACLiC on request', async () => {
    expect((await kernel.cpp('%%cpp -a\nint compiled() { return 4; }')).reply.status).toBe('ok');
    expect((await kernel.cpp('compiled()')).stdout).toBe('(int) 4\n');
  });

  it('streams while it runs, also when Python called it and waits', async () => {
    await kernel.cpp(
      'void drip(const char *flag) { std::cout << "first" << std::endl; while (gSystem->AccessPathName(flag)) gSystem->Sleep(20); std::cout << "last" << std::endl; }',
    );
    for (const call of ['ROOT.drip("go1")', 'ROOT.gInterpreter.ProcessLine(\'drip("go2");\')']) {
      const flag = /go\d/.exec(call)?.[0] ?? '';
      // The loop ends only because its first line was seen while it ran.
      const { stdout } = await kernel.python(call, ({ content }) => {
        if (String(content['text']).includes('first')) void touch(path.join(kernel.folder, flag));
      });
      expect(stdout).toContain('first\nlast\n');
    }
  });

  it('may print more than a pipe holds when Python called it', async () => {
    await kernel.cpp('void spam(int n) { for (int i = 0; i < n; ++i) printf("line %d\\n", i); }');
    const { stdout } = await kernel.python('ROOT.spam(100000)');
    expect(stdout.split('\n').length).toBe(100_001);
    expect(stdout.endsWith('line 99999\n')).toBe(true);
  });
});

describe('an interrupt of a C++ cell', () => {
  beforeAll(async () => {
    await kernel.cpp('TH1F filled("filled", "", 10, 0, 1);');
  });

  it.each([
    ['an endless loop', 'while (true);'],
    ['a loop that allocates', 'while (true) std::vector<std::string> words(10, "abc");'],
    ['a loop that sleeps', 'while (true) gSystem->Sleep(10);'],
    ['a loop that fills', 'while (true) filled.Fill(0.5);'],
    ['a loop that prints', 'while (true) std::cout << 1 << std::endl;'],
  ])('ends %s, and both languages go on', async (_, loop) => {
    for (let round = 0; round < 3; round += 1) {
      const cell = kernel.cpp(
        `x3 = ${String(round)}; std::cout << "on" << std::endl;\n${loop}`,
        ({ type, content }) => {
          if (type === 'stream' && String(content['text']).startsWith('on')) kernel.backend.interrupt();
        },
      );
      expect(errorOf((await cell).emissions)).toMatchObject({
        ename: 'Interrupted',
        problems: [{ line: 2 }],
      });
      expect((await kernel.python('ROOT.x3 + 1')).emissions).toHaveLength(1);
      expect((await kernel.cpp('x3')).stdout).toBe(`(int) ${String(round)}\n`);
    }
  });

  it('reaches a Python function that C++ has called', async () => {
    await kernel.python(
      'ROOT.gInterpreter.Declare("std::function<double(double)> twice;")\nROOT.twice = lambda x: 2 * x',
    );
    const cell = kernel.cpp(
      'std::cout << "on" << std::endl;\nfor (double s = 0;;) s += twice(1.0);',
      ({ type }) => {
        if (type === 'stream') kernel.backend.interrupt();
      },
    );
    expect((await cell).reply.status).toBe('error');
    expect((await kernel.cpp('twice(2)')).stdout).toBe('(double) 4.0000000\n');
  });
});

describe('a canvas', () => {
  it('is saved in the shape of JupyROOT, with a picture and a text', async () => {
    const { emissions } = await kernel.python('c = ROOT.TCanvas("c", "", 300, 200)\nh.Draw()\nc.Draw()');
    const data = dataOf(only(emissions, 'display_data'));
    expect(Object.keys(data).sort()).toEqual(['image/png', 'text/html', 'text/plain']);
    expect(data['text/html']).toMatch(
      /Core\.unzipJSON\(\d+,'[\w+/=]+'\)\.then\(json =>[\s\S]*Core\.draw\('root_plot_\d+'/,
    );
    expect(data['text/html']).toContain(`<img src="data:image/png;base64,${data['image/png'] ?? ''}"`);
    expect(
      Buffer.from(data['image/png'] ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(data['text/plain']).toContain('Canvas c\nTH1F hpy "from Python": 1 entries, mean 0.5, std dev 0');
  });

  it('tells the parameters of a fit', async () => {
    const { emissions } = await kernel.python(
      'g = ROOT.TH1F("g", "", 50, -3, 3); g.FillRandom("gaus", 1000); g.Fit("gaus", "Q0"); d = ROOT.TCanvas("d", ""); g.Draw(); d.Draw()',
    );
    expect(dataOf(only(emissions, 'display_data'))['text/plain']).toMatch(
      /^Canvas d\nTH1F g: 1000 entries, mean \S+, std dev \S+\nTF1 gaus: Constant \S+ ± \S+, Mean \S+ ± \S+, Sigma /,
    );
  });

  it('is updated in place by Update in a later cell', async () => {
    const { emissions } = await kernel.cpp('hpy->Fill(0.1); c->Modified(); c->Update();');
    expect(dataOf(only(emissions, 'update_display_data'))['text/plain']).toContain('2 entries');
  });

  it('is a picture only after %jsroot off, until %jsroot on', async () => {
    const draw = '\nc.Draw()';
    const off = await kernel.python(`%jsroot off${draw}`);
    expect(dataOf(only(off.emissions, 'display_data'))).not.toHaveProperty('text/html');
    const on = await kernel.python(`%jsroot on${draw}`);
    expect(dataOf(only(on.emissions, 'display_data'))).toHaveProperty('text/html');
  });

  it('is not shown by cells that do not draw', async () => {
    expect((await kernel.cpp('hpy->Fill(0.2);')).emissions).toEqual([]);
  });
});

it('the warning that ROOT is in alpha stage is hidden', async () => {
  const fresh = await startTestKernel();
  try {
    const { stderr } = await fresh.python('import ROOT');
    expect(stderr).toBe('');
  } finally {
    await fresh.stop();
  }
});

it('connection files are readable by their owner only, and no port is open', async () => {
  const { stdout } = await kernel.python(
    'from ipykernel.connect import get_connection_file; print(get_connection_file())',
  );
  const file = stdout.trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  expect(await readFile(file, 'utf8')).toContain('"transport":"ipc"');
});

async function touch(file: string): Promise<void> {
  await writeFile(file, '');
}

function dataOf({ content }: Emission): Record<string, string> {
  return content['data'] as Record<string, string>;
}
