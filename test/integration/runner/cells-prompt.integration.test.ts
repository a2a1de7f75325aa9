import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRunner, startRunner, summary, type TestRunner } from '../../support/runner-driver.ts';

/** Name of the test, the cell, its status, its stdout, and what its stderr contains: what the ROOT prompt does. */
type Row = [name: string, code: string, status: string, stdout: string, stderr?: string];

const rows: readonly Row[] = [
  [
    'R__LOAD_LIBRARY of a library',
    'R__LOAD_LIBRARY(libMine)\nextern "C" int mine(int);\nmine(2)',
    'ok',
    '(int) 42\n',
  ],
  [
    'R__LOAD_LIBRARY of a missing library fails at its line',
    'int before1 = 1;\nR__LOAD_LIBRARY(libNotThere)\nbefore1',
    "error 2:1 'libNotThere' file not found",
    '',
  ],
  ['R__ADD_INCLUDE_PATH', 'R__ADD_INCLUDE_PATH(./one)\n#include "one.h"\none()', 'ok', '(int) 1\n'],
  ['AddIncludePath', 'gInterpreter->AddIncludePath("./two");\n#include "two.h"\ntwo()', 'ok', '(int) 2\n'],
  [
    'the pragma add_include_path',
    '#pragma cling add_include_path("./three")\n#include "three.h"\nthree()',
    'ok',
    '(int) 3\n',
  ],
  [
    'the pragmas add_library_path and load',
    '#pragma cling add_library_path("./hidden")\n#pragma cling load("libHidden")\nextern "C" int hidden(int);\nhidden(3)',
    'ok',
    '(int) 43\n',
  ],
  [
    'the pragma load of a missing library fails at its line',
    'int before2 = 1;\n#pragma cling load("libNotThere")',
    "error 2:33 'libNotThere' file not found",
    '',
  ],
  ['gSystem->Load of a library', 'gSystem->Load("libOther")', 'ok', '(int) 0\n'],
  ['gSystem->Load of a library that is loaded', 'gSystem->Load("libOther")', 'ok', '(int) 1\n'],
  [
    'gSystem->Load of a missing library is -1, which the code may ask for',
    'gSystem->Load("libNotThere")',
    'ok',
    '(int) -1\n',
    'Error in <TUnixSystem::FindDynamicLibrary>: libNotThere',
  ],
  [
    'TFile::Open of a missing file is a null pointer, which the code may ask for',
    'TFile *missing = TFile::Open("/nowhere/missing.root");\nmissing',
    'ok',
    '(TFile *) nullptr\n',
    'Error in <TFile::TFile>: file /nowhere/missing.root does not exist',
  ],
  [
    'a TFile of a missing file is a zombie',
    'TFile zombie("/nowhere/missing.root");\nzombie.IsZombie()',
    'ok',
    '(bool) true\n',
    'does not exist',
  ],
  [
    'implicit multi-threading, on and off',
    'ROOT::EnableImplicitMT(2);\nstd::cout << ROOT::GetThreadPoolSize() << ROOT::IsImplicitMTEnabled();\nROOT::DisableImplicitMT();\nstd::cout << ROOT::IsImplicitMTEnabled() << std::endl;',
    'ok',
    '210\n',
  ],
  [
    'threads that fill what they share',
    'std::atomic<int> filled{0};\nstd::vector<std::thread> workers;\nfor (int i = 0; i < 4; ++i) workers.emplace_back([] { for (int k = 0; k < 1000; ++k) ++filled; });\nfor (auto &worker : workers) worker.join();\nfilled.load()',
    'ok',
    '(int) 4000\n',
  ],
  [
    'fork and wait',
    '#include <sys/wait.h>\nint status1 = 0;\nint child1 = fork();\nif (child1 == 0) { std::cout << "child" << std::endl; _exit(7); }\nwaitpid(child1, &status1, 0);\nWEXITSTATUS(status1)',
    'ok',
    'child\n(int) 7\n',
  ],
  [
    'a forked child that ends by exit',
    '#include <sys/wait.h>\nint status2 = 0;\nint child2 = fork();\nif (child2 == 0) exit(3);\nwaitpid(child2, &status2, 0);\nWEXITSTATUS(status2)',
    'ok',
    '(int) 3\n',
  ],
  [
    'a forked child that crashes',
    '#include <sys/wait.h>\nint status3 = 0;\nint child3 = fork();\nif (child3 == 0) { *(volatile int *)8 = 1; }\nwaitpid(child3, &status3, 0);\nWTERMSIG(status3)',
    'ok',
    '(int) 11\n',
  ],
  [
    'a forked child that throws ends alone',
    '#include <sys/wait.h>\nint status4 = 0;\nint child4 = fork();\nif (child4 == 0) throw std::runtime_error("alone");\nwaitpid(child4, &status4, 0);\nWEXITSTATUS(status4)',
    'ok',
    '(int) 1\n',
    'in a forked process, line 4: std::runtime_error: alone',
  ],
];

describe('cells behave as at the ROOT prompt', () => {
  let folder: string;
  let runner: TestRunner;
  const put = async (file: string, text: string) => {
    const target = path.join(runner.folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
    return target;
  };
  const putLibrary = async (library: string, name: string) => {
    const source = await put(`${library}.cc`, `extern "C" int ${name}(int x) { return x + 40; }\n`);
    await promisify(execFile)('c++', ['-shared', '-fPIC', source, '-o', path.join(runner.folder, library)]);
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-prompt-'));
    runner = await startRunner(await compileRunner(folder));
    for (const [index, name] of ['one', 'two', 'three'].entries())
      await put(`${name}/${name}.h`, `inline int ${name}() { return ${String(index + 1)}; }\n`);
    await putLibrary('libMine.so', 'mine');
    await putLibrary('libOther.so', 'other');
    await putLibrary('hidden/libHidden.so', 'hidden');
  });
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(rows)('in %s', async (_name, code, status, stdout, stderr = '') => {
    const result = await runner.run(code);
    expect({ status: summary(result), stdout: result.stdout }).toEqual({ status, stdout });
    if (stderr === '') expect(result.stderr).toBe('');
    else expect(result.stderr).toContain(stderr);
  });

  it('in a macro that ACLiC compiles, compiles again when it has changed, and again when asked to', async () => {
    const file = await put('changing.C', 'int changing(int x) { return x + 1; }\n');
    expect((await runner.run('.L changing.C+\nchanging(1)')).stdout).toBe('(int) 2\n');
    const same = await runner.run('.L changing.C+\nchanging(1)');
    expect(same.stdout).toBe('(int) 2\n');
    expect(same.stderr).not.toContain('creating shared library');
    await put('changing.C', 'int changing(int x) { return x + 100; }\n');
    const later = Date.now() / 1000 + 5; // time stamps count seconds
    await utimes(file, later, later);
    const changed = await runner.run('.L changing.C+\nchanging(1)');
    expect(changed.stdout).toBe('(int) 101\n');
    const forced = await runner.run('.L changing.C++\nchanging(2)');
    expect(forced.stdout).toBe('(int) 102\n');
    expect(forced.stderr).toContain('creating shared library');
    expect((await runner.run('.x changing.C+(3)')).stdout).toBe('(int) 103\n');
  });

  it('in a macro that ACLiC cannot compile, and says so in words', async () => {
    await put('bad.C', 'int bad(int x) { return nowhere; }\n');
    const result = await runner.run('int before3 = 1;\n.L bad.C+');
    expect(summary(result)).toBe(
      'error 2:1 ACLiC could not compile this: what the compiler printed says why.',
    );
    expect(result.stderr).toContain("bad.C:1:25: error: use of undeclared identifier 'nowhere'");
    expect(summary(await runner.run('before3'))).toBe('ok');
  });

  it('in a %%cpp -a cell that does not compile, with the places of its mistakes', async () => {
    const result = await runner.run('int fine() { return 1; }\nint wrong() { return nowhere; }', {
      mode: 'aclic',
      line: 2,
    });
    expect(result.outcome).toMatchObject({
      done: { status: 'error' },
      problems: [{ line: 3, column: 22, message: "use of undeclared identifier 'nowhere'" }],
    });
  });

  it('in what the interpreter cannot link, and says what to do instead', async () => {
    runner.checkpoint();
    const result = await runner.run('auto once = std::async([] { return 1; });\nonce.get()');
    expect(summary(result)).toBe('restored');
    expect(result.stderr).toContain('std::async, std::call_once and others use. Compile such code:');
    const compiled = '#include <future>\nint once() { return std::async([] { return 1; }).get(); }';
    expect(summary(await runner.run(compiled, { mode: 'aclic' }))).toBe('ok');
    expect((await runner.run('once()')).stdout).toBe('(int) 1\n');
  });

  it('in a thread that goes on after its cell', async () => {
    const result = await runner.run(
      'std::atomic<int> ticks{0};\nstd::thread([] { for (;;) { ++ticks; gSystem->Sleep(1); } }).detach();',
    );
    expect(summary(result)).toBe('ok');
    const reached = await runner.run(
      'int seen = ticks;\nfor (int i = 0; i < 1000 && ticks == seen; ++i) gSystem->Sleep(5);\nticks > seen',
    );
    expect(reached.stdout).toBe('(bool) true\n');
  });

  it('in parallel loops after a crash, on one thread', async () => {
    await runner.run('ROOT::EnableImplicitMT(2);');
    runner.checkpoint();
    expect(summary(await runner.run('abort();'))).toBe('restored');
    const code = 'ROOT::RDataFrame(1000).Define("x", "rdfentry_ * 2.").Sum("x").GetValue()';
    expect((await runner.run(code)).stdout).toBe('(const double) 999000.00\n');
  });
});
