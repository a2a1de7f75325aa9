import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noFork } from '../../support/no-fork.ts';
import {
  type CellResult,
  compileRunner,
  processesOfSession,
  startRunner,
  summary,
  type TestRunner,
} from '../../support/runner-driver.ts';

/** The cell, the signal or exit code that ends it, and the line that is at fault. */
type Row = [name: string, code: string, ending: { signal?: number; code?: number }, line?: number];

const crashes: readonly Row[] = [
  ['a null pointer', 'int c1 = 1;\nint *p1 = nullptr;\n*(volatile int *)8 = 1;', { signal: 11 }, 3],
  ['a null object of a library', '\nTH1F *h2 = (TH1F *)8;\nh2->Fill(3);', { signal: 11 }, 3],
  ['abort', 'int c3 = 1;\nabort();', { signal: 6 }, 2],
  ['std::terminate', 'std::terminate();', { signal: 6 }, 1],
  ['a division by zero', 'volatile int zero = 0;\n10 / zero', { signal: 8 }, 2],
  [
    'a stack overflow',
    'int deep(int x) { volatile char b[1000]; b[0] = x; return deep(x + 1) + b[0]; }\ndeep(1)',
    { signal: 11 },
    2,
  ],
  ['a fault in another thread', 'std::thread([] { *(volatile int *)8 = 1; }).join();', { signal: 11 }],
  ['exit', 'exit(3);', { code: 3 }],
  ['quick_exit', 'quick_exit(4);', { code: 4 }],
  ['_exit', '_exit(5);', { code: 5 }],
  ['.q', '.q', { code: 0 }],
  ['gSystem->Exit', 'gSystem->Exit(6);', { code: 6 }],
  ['gApplication->Terminate', 'gApplication->Terminate(7);', { code: 7 }],
  ['a kill', 'kill(getpid(), SIGKILL);', { signal: 9 }],
];

function endingOf({ outcome }: CellResult) {
  if (outcome.kind !== 'gone') throw new Error(`the cell ended: ${JSON.stringify(outcome)}`);
  return outcome.ending;
}

describe('crashes', () => {
  let folder: string;
  let library: string;
  let runner: TestRunner;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-crashes-'));
    library = await compileRunner(folder);
    runner = await startRunner(library);
    await runner.run('int kept = 1; TH1F hist("hist", "t", 10, 0, 1); struct User { int v = 2; } user;');
    await runner.run(
      'TFile file("tree.root", "RECREATE"); TTree tree("tree", ""); double x = 0; tree.Branch("x", &x);',
    );
    await runner.run('for (int i = 0; i < 100000; ++i) { x = i; tree.Fill(); }');
  });
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    runner.checkpoint();
  });

  it.each(crashes)('costs only its cell: %s', async (_name, code, ending, line) => {
    const { stdout: before } = await runner.run('kept = kept + 1; hist.Fill(0.5); user.v += 1; kept');
    runner.checkpoint();
    const result = await runner.run(
      `std::cout << "printed" << std::endl; kept = -1; hist.Reset(); user.v = -1;\n${code}`,
    );
    expect(summary(result)).toBe('restored');
    expect(result.stdout).toContain('printed\n');
    const { signal, code: exitCode, crash } = endingOf(result);
    if (crash) expect(crash.signal).toBe(ending.signal);
    else expect({ signal, code: exitCode }).toMatchObject(ending);
    if (line !== undefined) expect(crash?.frames.at(-1)?.line).toBe(line + 1);
    const after = await runner.run(
      'std::cout << (hist.GetEntries() == kept - 1) << (user.v == kept + 1) << std::endl; kept',
    );
    expect(after.stdout).toBe(`11\n${before}`);
  });

  it('says that another thread was at fault', async () => {
    const result = await runner.run('std::thread([] { abort(); }).detach(); gSystem->Sleep(5000);');
    expect(endingOf(result).crash).toMatchObject({ thread: 'other', signal: 6 });
  });

  it('names the library function that was called', async () => {
    const result = await runner.run('((TString *)8)->ToLower();');
    const frames = endingOf(result).crash?.frames ?? [];
    expect(frames.map((frame) => frame.function).join('\n')).toContain('TString::ToLower()');
  });

  it("names the user's own functions and where they are defined", async () => {
    const code =
      'int inner(int *p) {\n  return *p + 1; }\nstruct Tool {\n  int go(int *p) { return inner(p) + 2; }\n};\nTool tool;\ntool.go((int *)8) + 1';
    const { crash } = endingOf(await runner.run(code));
    expect(crash?.frames.map(({ function: name }) => name.replace(/ of .*/, ''))).toEqual([
      'inner(int* p), defined in line 1',
      'Tool::go(int* p), defined in line 4',
      'statement',
    ]);
  });

  it('names functions of macros, headers and %%cpp -d cells and where they are defined', async () => {
    await writeFile(path.join(runner.folder, 'macro.C'), '\nint ofMacro(int *p) {\n  return *p + 1; }\n');
    await writeFile(
      path.join(runner.folder, 'mine.h'),
      'struct OfHeader {\n  int go(int *p) { return ofMacro(p) + 2; } };\n',
    );
    await runner.run('.L macro.C\n#include "mine.h"');
    await runner.run('\nint ofCell(int *p) { return OfHeader().go(p) + 3; }', {
      mode: 'declare',
      name: 'In[900]',
    });
    runner.checkpoint();
    const { crash } = endingOf(await runner.run('ofCell((int *)8) + 4'));
    expect(crash?.frames.map(({ function: name }) => name)).toEqual([
      'ofMacro(int* p), defined in line 2 of macro.C',
      'OfHeader::go(int* p), defined in line 2 of mine.h',
      'ofCell(int* p), defined in line 2 of In[900]',
      'statement',
    ]);
  });

  it('is told of while another thread holds the lock of malloc', async () => {
    const result = await runner.run(`
extern "C" int mallopt(int, int);
static void *volatile block;
static std::atomic<bool> held{false}, freed{false}, served{false};
void holdIt(int) { held = true; while (!freed) sched_yield(); held = false; }
void hunt() {
  signal(SIGUSR2, holdIt);
  mallopt(-8, 1); // M_ARENA_MAX: one lock for all
  std::thread busy([] { for (;;) { block = malloc(5000); free(block); } });
  for (;;) {
    freed = false;
    pthread_kill(busy.native_handle(), SIGUSR2);
    while (!held) sched_yield();
    served = false;
    pthread_t other;
    pthread_create(&other, nullptr, [](void *) -> void * { void *volatile mine = malloc(6000); free(mine); served = true; return nullptr; }, nullptr);
    pthread_detach(other);
    for (int i = 0; i < 50 && !served; ++i) usleep(2000);
    if (!served) *(volatile int *)8 = 1; // held by a thread that does not go on
    freed = true;
    while (held) sched_yield();
  }
}
std::cout << "hunting" << std::endl;
hunt();`);
    expect(summary(result)).toBe('restored');
    expect(endingOf(result).crash).toMatchObject({ signal: 11, thread: 'main' });
    expect(endingOf(result).crash?.frames.at(-1)).toMatchObject({ function: 'statement', line: 25 });
    expect((await runner.run('std::vector<double>(1000000).size()')).stdout).toBe(
      '(unsigned long) 1000000\n',
    );
  });

  it('ends the kernel where the system refuses to copy the session', async () => {
    const other = await startRunner(library);
    expect((await other.run(noFork)).stdout).toBe('(bool) true\n');
    other.checkpoint();
    expect(summary(await other.run('abort();'))).toBe('lost');
    expect(other.withoutCopies()).toBe('the session could not be copied (Resource temporarily unavailable)');
    await other.close();
  });

  it('goes on writing the file that the lost cell wrote to', async () => {
    const lost = await runner.run(
      'for (int i = 0; i < 300000; ++i) tree.Fill();\ntree.AutoSave(); file.Flush(); abort();',
    );
    expect(summary(lost)).toBe('restored');
    const code =
      'for (int i = 0; i < 50000; ++i) tree.Fill();\nfile.Write(); file.Close();\nTFile *again = TFile::Open("tree.root"); std::cout << ((TTree *)again->Get("tree"))->GetEntries() << again->TestBit(TFile::kRecovered);';
    expect((await runner.run(code)).stdout).toBe('1500000');
  });

  it('restores 20 times in a row', async () => {
    for (let i = 0; i < 20; ++i) {
      await runner.run(`kept = ${String(i)};`);
      runner.checkpoint();
      expect(summary(await runner.run('kept = -1; abort();'))).toBe('restored');
      expect((await runner.run('kept')).stdout).toBe(`(int) ${String(i)}\n`);
    }
  });

  it('counts the threads that ran at the checkpoint and are not restored', async () => {
    await runner.run('std::thread([] { gSystem->Sleep(100000); }).detach();');
    runner.checkpoint();
    const first = await runner.run('std::thread([] { gSystem->Sleep(100000); }).detach(); abort();');
    expect(first.outcome).toMatchObject({ threads: { count: 1, names: [] } });
    runner.checkpoint();
    const second = await runner.run('abort();');
    expect(second.outcome).toMatchObject({ threads: { count: 0, names: [] } });
  });

  it('stops a cell that cannot be interrupted by going back', async () => {
    let started: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    const cell = runner.run('std::cout << "go" << std::endl; for (;;) { free(malloc(100)); }', {
      onText: () => {
        started();
      },
    });
    await running;
    expect(runner.goBack()).toBe(true);
    expect(summary(await cell)).toBe('restored');
  });

  it('leaves no process behind when the host goes', async () => {
    const other = await startRunner(library);
    const { stdout } = await other.run('getsid(0)');
    const session = Number(/\d+/.exec(stdout)?.[0]);
    await other.run('if (fork() == 0) { for (;;) pause(); }');
    await other.run('gSystem->Exec("sleep 1000 & nohup sleep 1000 > /dev/null 2>&1 &");');
    other.checkpoint();
    expect((await processesOfSession(session)).length).toBeGreaterThanOrEqual(5);
    await other.close();
    expect(await processesOfSession(session)).toEqual([]);
  });
});
