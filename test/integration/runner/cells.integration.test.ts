import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRunner, startRunner, summary, type TestRunner } from '../../support/runner-driver.ts';

/** Name of the test, the cell, its status (as `summary` says it), and its stdout. */
type Row = [name: string, code: string, status: string, stdout?: string | undefined];

const values: readonly Row[] = [
  ['a value without a semicolon prints', '1+1', 'ok', '(int) 2\n'],
  ['a value with a semicolon does not', '1+1;', 'ok', ''],
  [
    'functions, a class, a template and statements in any order',
    'int f1(int x) { return x; }\nint g1() { return f1(2); }\nstruct S1 { int v = 4; } s1;\ntemplate <class T> T t1(T x) { return 2 * x; }\nstd::cout << g1() << s1.v << std::endl;\nt1(4)',
    'ok',
    '24\n(int) 8\n',
  ],
  ['a value after a namespace', 'namespace N1 { int z = 7; }\nN1::z', 'ok', '(int) 7\n'],
  [
    'x = 3 declares x as at the prompt',
    'xauto = 3\nxauto + 1;',
    "error 1:10 expected ';' at end of declaration",
  ],
  ['an implicit declaration keeps its type', 'xa2 = 2.5;\nxa2', 'ok', '(double) 2.5000000\n'],
  ['a lambda and its call', 'auto l1 = [](int x) { return x + 1; };\nl1(2)', 'ok', '(int) 3\n'],
  ['if and else in two blocks', 'if (false) { }\nelse {\n  std::cout << "else\\n";\n}', 'ok', 'else\n'],
  ['do and while', 'int d1 = 0;\ndo { d1++; } while (d1 < 5);\nd1', 'ok', '(int) 5\n'],
  [
    'try and catch',
    'try { throw 1; }\ncatch (int e) { std::cout << "caught " << e << "\\n"; }',
    'ok',
    'caught 1\n',
  ],
  [
    'a constructor with initializers',
    'struct C1 { int a, b; C1(); };\nC1::C1() : a(1), b{2} { }\nC1().b',
    'ok',
    '(int) 2\n',
  ],
  ['a raw string with brackets', 'std::cout << R"x(}{;)x" << "\\n";', 'ok', '}{;\n'],
  [
    'a conditional directive',
    '#if 0\nint broken(\n#else\nint whole1 = 1;\n#endif\nwhole1',
    'ok',
    '(int) 1\n',
  ],
  [
    'functions and statements in a conditional',
    '#define SECOND\n#ifdef FIRST\nint cond1() { return 1; }\n#elif defined(SECOND)\nint cond1() { return 2; }\nstruct Cond1 { int v = 3; };\nCond1 cond2;\nstd::cout << cond1() << cond2.v << std::endl;\n#else\nnonsense nonsense;\n#endif\ncond1()',
    'ok',
    '23\n(int) 2\n',
  ],
  [
    'a conditional of which nothing is taken',
    '#ifdef NEVER\nint never() { return 1; }\n#endif\n7',
    'ok',
    '(int) 7\n',
  ],
  [
    'a mistake in a conditional at its place',
    'int cond3 = 1;\n#ifndef NEVER\nvoid cond4() {}\n  cond3 = nowhere;\n#endif',
    "error 4:11 use of undeclared identifier 'nowhere'",
  ],
  [
    'a conditional in a conditional',
    '#if 1\n#if 0\nint cond5() { return 1; }\n#else\nint cond5() { return 5; }\n#endif\n#endif\ncond5()',
    'ok',
    '(int) 5\n',
  ],
  [
    'a bracket right after a conditional in a function',
    'void cond9() {\n#ifdef __CLING__\n  printf("in cling\\n");\n#endif\n}\ncond9();\nif (true) {\n#if 1\n  printf("here\\n");\n#else\n#endif\n}',
    'ok',
    'in cling\nhere\n',
  ],
  [
    'a condition that is no expression',
    'int cond6 = 1;\n#if (1 +\nint cond7() { return 1; }\n#endif',
    'error 2:9 expected value in expression',
  ],
  ['a macro over two lines', '#define TWICE(x) \\\n  (2 * (x))\nTWICE(4)', 'ok', '(int) 8\n'],
  ['the optimization pragma', '#pragma cling optimize(3)\nint o1 = 1;\no1', 'ok', '(int) 1\n'],
  [
    'commands between statements',
    'int c1c = 1;\n.O\nc1c',
    'ok',
    'Current cling optimization level: 1\n(int) 1\n',
  ],
  ['a shell escape', '.!echo hello', 'ok', 'hello\n'],
  [
    'a class declared before it is defined',
    'class Late;\nint use(Late *);\nclass Late { public: int v = 3; };\nint use(Late *l) { return l->v; }\nuse(new Late)',
    'ok',
    '(int) 3\n',
  ],
  ['structured bindings', 'auto [b1, b2] = std::pair{1, 2.5};\nb2', 'ok', '(double) 2.5000000\n'],
  ['extern "C"', 'extern "C" { int ec1(int x) { return x; } }\nec1(3)', 'ok', '(int) 3\n'],
  [
    'an operator',
    'struct O1 { int x; };\nstd::ostream &operator<<(std::ostream &o, const O1 &v) { return o << v.x; }\nstd::cout << O1{5} << "\\n";',
    'ok',
    '5\n',
  ],
  ['comments alone', '// nothing\n/* at all */', 'ok', ''],
  ['an empty cell', '', 'ok', ''],
  ['a block of its own', '{ int hidden = 3; std::cout << hidden << "\\n"; }', 'ok', '3\n'],
  [
    'a special object by its name',
    'new TH1F("special", "t", 10, 0, 1);\nspecial->Fill(0.5);\nspecial->GetEntries()',
    'ok',
    '(double) 1.0000000\n',
  ],
  [
    'implicit multi-threading',
    'ROOT::EnableImplicitMT(2);\nROOT::RDataFrame(1000).Define("x", "rdfentry_ * 2.").Sum("x").GetValue()',
    'ok',
    '(const double) 999000.00\n',
  ],
  [
    'a thread that is joined',
    'std::thread([] { std::cout << "from a thread\\n"; }).join();',
    'ok',
    'from a thread\n',
  ],
];

const twice: readonly Row[] = [
  [
    'functions that call each other',
    'int even(int);\nint odd(int n) { return n ? even(n - 1) : 0; }\nint even(int n) { return n ? odd(n - 1) : 1; }\nodd(3)',
    'ok',
    '(int) 1\n',
  ],
  [
    'prototypes, a variable and a class',
    'int tw1();\n  double *tw2(int x);\nint tw3 = 0;\nint tw1() { ++tw3; return tw2(2) ? 1 : 0; }\nstruct Tw4 { int x = 3; };\ndouble *tw2(int x) { static double d = 4; return &d; }\ntw1() + tw3 + Tw4().x',
    'ok',
    '(int) 5\n',
  ],
  [
    'members defined outside of their class',
    'struct Tm { int f(); template <class T> T g(T); static int s; };\nint Tm::f() { return 1; }\ntemplate <class T> T Tm::g(T x) { return x; }\ntemplate <> int Tm::g<int>(int x) { return 2 * x; }\nint Tm::s = 4;\nTm().f() + Tm().g(3) + Tm::s',
    'ok',
    '(int) 11\n',
  ],
  [
    'a specialisation',
    'template <class T> struct Ts { int v() { return 1; } };\ntemplate <> struct Ts<int> { int v() { return 2; } };\nTs<int>().v()',
    'ok',
    '(int) 2\n',
  ],
];

const mistakes: readonly Row[] = [
  [
    'a mistake in functions that call each other',
    'int me1(int *);\nint me2() { return me1(nowhere); }\nint me1(int *p) { return *p; }',
    "error 2:24 use of undeclared identifier 'nowhere'",
  ],
  [
    'a member that is defined again without its class',
    'struct Again { int f(); };\nint Again::f() { return 1; }\nint Again::f() { return 2; }',
    "error 3:12 redefinition of 'f': what this belongs to must be defined anew",
  ],
  [
    'an unknown range',
    'int m8 = 1;\nfor (auto x : nowhere) { }',
    "error 2:15 use of undeclared identifier 'nowhere'",
  ],
  [
    'a wrong member has its line and column',
    'int m1 = 1;\nTH1F hm1("a", "b", 10, 0, 1);\n  hm1.Fil(1);',
    "error 3:7 no member named 'Fil' in 'TH1F'",
  ],
  [
    'an unknown name has its line and column',
    'int m2 = 1;\n  int m3 = nowhere + 1;',
    "error 2:12 use of undeclared identifier 'nowhere'",
  ],
  ['an unknown name in x = expr', 'm4 = nowhere + 1;', "error 1:6 use of undeclared identifier 'nowhere'"],
  ['a missing semicolon', 'int m5 = 1\nint m6 = 2;', "error 1:11 expected ';' at end of declaration"],
  [
    'an item before the mistake has run',
    'int m7 = 42;\nm7.x;',
    "error 2:3 member reference base type 'int' is not a structure or union",
  ],
  ['the state before the mistake', 'm7', 'ok', '(int) 42\n'],
  ['an exception', '\nthrow std::runtime_error("boom");', 'exception 2:1 boom'],
  [
    'a container out of range',
    'std::vector<int> v1;\nv1.at(3);',
    'exception 2:1 vector::_M_range_check: __n (which is 3) >= this->size() (which is 0)',
  ],
  ['an exception that is a number', 'throw 3;', 'exception 1:1 '],
  ['an exception that is text', 'throw std::string("because");', 'exception 1:1 because'],
  ['Fatal', 'int k1 = 1;\nFatal("here", "because %d", k1);', 'fatal 2:1 here: because 1'],
  [
    'Fatal in a function that catches all',
    'try { Fatal("here", "again"); } catch (...) { }',
    'fatal 1:1 here: again',
  ],
  ['an open brace', 'int z1 = {\n 2;', 'incomplete 1:10 The bracket { of line 1 is not closed.'],
  ['a brace too many', 'int z2 = 2;\n}', 'incomplete 2:1 The bracket } of line 2 closes nothing.'],
  ['an open comment', '/* never', 'incomplete 1:1 The comment /* of line 1 is not closed.'],
  ['nothing of an unbalanced cell has run', 'int z1 = 5;\nz1', 'ok', '(int) 5\n'],
  [
    'a macro that is not there',
    'int l2 = 1;\n.L nofile.C',
    'error 2:1 TRint::ProcessLine: macro nofile.C not found in path .:',
  ],
  ['a header that is not there', '#include "nofile.h"', "error 1:10 'nofile.h' file not found"],
  ['a class without its body after it was defined', 'struct K1 { int x; };\nstruct K1;', 'ok'],
];

const redefinitions: readonly Row[] = [
  ['a function', 'int rf() { return 1; }\nint rf() { return 2; }\nrf()', 'ok', '(int) 2\n'],
  ['a variable with another type', 'int rv = 1;\ndouble rv = 2;\nrv', 'ok', '(double) 2.0000000\n'],
  [
    'a class with another layout',
    'struct RS { int x; };\nstruct RS { int x[4]; };\nsizeof(RS)',
    'ok',
    '(unsigned long) 16\n',
  ],
  [
    'a function template',
    'template <class T> T rt(T x) { return 2 * x; }\nrt(1);\ntemplate <class T> T rt(T x) { return 3 * x; }\nrt(1)',
    'ok',
    '(int) 3\n',
  ],
  [
    'a class template',
    'template <class T> struct RT { T x; };\ntemplate <class T> struct RT { T x[2]; };\nsizeof(RT<int>)',
    'ok',
    '(unsigned long) 8\n',
  ],
  ['an alias', 'using RU = int;\nusing RU = double;\nRU ru = 1.5;\nru', 'ok', '(double) 1.5000000\n'],
  ['an enumeration', 'enum RE { RA, RB };\nenum RE { RA, RB, RC };\nRC', 'ok'],
  ['a scoped enumeration', 'enum class RX { A };\nenum class RX { A, B };\n(int)RX::B', 'ok', '(int) 1\n'],
  [
    'a default argument',
    'int rd(int a, int b = 2) { return a + b; }\nint rd(int a, int b = 3) { return a + b; }\nrd(1)',
    'ok',
    '(int) 4\n',
  ],
  [
    'a lambda',
    'auto rl = [](int x) { return x; };\nauto rl = [](int x) { return 2 * x; };\nrl(2)',
    'ok',
    '(int) 4\n',
  ],
  [
    'a member function outside its class',
    'struct RM { int f(); };\nint RM::f() { return 1; }\nstruct RM { int f(); };\nint RM::f() { return 2; }\nRM().f()',
    'ok',
    '(int) 2\n',
  ],
  [
    'an operator',
    'struct RO { int x; };\nbool operator==(RO, RO) { return false; }\nbool operator==(RO, RO) { return true; }\nRO() == RO()',
    'ok',
    '(bool) true\n',
  ],
  [
    'a static function',
    'static int rst() { return 1; }\nstatic int rst() { return 2; }\nrst()',
    'ok',
    '(int) 2\n',
  ],
  [
    'a constexpr function',
    'inline constexpr int ric(int x) { return x; }\ninline constexpr int ric(int x) { return 2 * x; }\nric(1)',
    'ok',
    '(int) 2\n',
  ],
  ['a macro', '#define RMAC 1\n#define RMAC 2\nRMAC', 'ok', '(int) 2\n'],
  [
    'a namespace with the same members',
    'namespace RN { int z = 1; int g() { return 1; } struct S { int q; }; }\nnamespace RN { int z = 2; int g() { return 2; } struct S { int q[2]; }; }\nRN::z + RN::g() + sizeof(RN::S)',
    'ok',
    '(unsigned long) 12\n',
  ],
  [
    'a function that others call',
    'int ra() { return 1; }\nint rb() { return ra(); }\nint ra() { return 5; }\nrb()',
    'ok',
    '(int) 1\n',
  ],
];

describe('cells of the runner', () => {
  let folder: string;
  let runner: TestRunner;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-cells-'));
    runner = await startRunner(await compileRunner(folder));
  });
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true, force: true });
  });

  const check = async ([, code, status, stdout]: Row) => {
    const result = await runner.run(code);
    expect({ status: summary(result).slice(0, status.length), stderr: result.stderr }).toMatchObject({
      status,
    });
    if (status === 'ok') expect(summary(result)).toBe('ok');
    if (stdout !== undefined) expect(result.stdout).toBe(stdout);
  };
  it.each(values)('runs: %s', async (name, code, status, stdout) => {
    await check([name, code, status, stdout]);
  });
  it.each(mistakes)('tells of: %s', async (name, code, status, stdout) => {
    await check([name, code, status, stdout]);
  });
  it.each(redefinitions)('defines anew: %s', async (name, code, status, stdout) => {
    await check([name, code, status, stdout]);
  });

  it.each(twice)('runs twice: %s', async (name, code, status, stdout) => {
    await check([name, code, status, stdout]);
    await check([name, code, status, stdout]);
  });

  it('counts positions on from the line at which the code starts', async () => {
    expect(summary(await runner.run('int p1;\n nowhere2;', { line: 5 }))).toContain('error 6:2 ');
  });

  it('keeps diagnostics away from stderr and passes ROOT messages on', async () => {
    const result = await runner.run('Warning("mine", "careful");\nint w1 = nowhere3;');
    expect(result.stderr).toBe('Warning in <mine>: careful\n');
    expect(result.outcome).toMatchObject({ problems: [{ line: 2, column: 10, severity: 'error' }] });
  });

  it('declares a %%cpp -d cell as a whole', async () => {
    expect(
      summary(await runner.run('int da() { return 3; }\nint db() { return da(); }', { mode: 'declare' })),
    ).toBe('ok');
    expect((await runner.run('db()')).stdout).toBe('(int) 3\n');
    expect(summary(await runner.run('int dc() {\n return nowhere4; }', { mode: 'declare' }))).toContain(
      'error 2:9 ',
    );
  });

  it('compiles a %%cpp -a cell with ACLiC', async () => {
    expect(summary(await runner.run('int ac() { return 11; }', { mode: 'aclic' }))).toBe('ok');
    expect((await runner.run('ac()')).stdout).toBe('(int) 11\n');
  });

  it('runs shell cells in its own folder and environment', async () => {
    await runner.run('gSystem->Setenv("ROOTBOOK_SHELL_TEST", "seen");');
    const result = await runner.run('echo $ROOTBOOK_SHELL_TEST; pwd; echo wrong >&2; exit 3', {
      mode: 'shell',
    });
    expect(result.stdout).toBe(`seen\n${runner.folder}\n`);
    expect(result.stderr).toBe('wrong\n');
    expect(summary(result)).toBe('error 1:1 The command ended with exit code 3.');
  });

  it('loads and executes macros', async () => {
    await writeFile(path.join(runner.folder, 'macro.C'), 'int macro(int x) { return 2 * x; }\n');
    expect((await runner.run('.L macro.C\nmacro(4)')).stdout).toBe('(int) 8\n');
    expect((await runner.run('.x macro.C(5)')).stdout).toBe('(int) 10\n');
    const reports = 'int reports() { return TFile::Open("none.root") ? 1 : 2; }';
    await writeFile(path.join(runner.folder, 'reports.C'), reports);
    const reported = await runner.run('.x reports.C');
    expect([summary(reported), reported.stdout]).toEqual(['ok', '(int) 2\n']);
    for (const command of ['.x nofile.C', '.x nofile.C+'])
      expect(summary(await runner.run(command))).toMatch(/error 1:1 .*macro nofile.C not found/);
  });

  it('asks the host when code reads stdin', async () => {
    const answers = ['12 7', 'a line'];
    const code =
      'int a0, b0; std::cin >> a0 >> b0;\nstd::cin.ignore(); std::string l0; std::getline(std::cin, l0);\nstd::cout << a0 + b0 << l0 << "\\n";';
    expect((await runner.run(code, { answers })).stdout).toBe('19a line\n');
    const scanf = await runner.run('int s0; scanf("%d", &s0); s0 * 2', { answers: ['21'] });
    expect(scanf.stdout).toBe('(int) 42\n');
  });

  it('loses nothing that meta-commands print', async () => {
    const result = await runner.run('.files');
    expect(result.stdout.length).toBeGreaterThan(4096);
    expect((await runner.run('1')).stdout).toBe('(int) 1\n');
  });

  it('puts descriptors back that a cell closed or redirected', async () => {
    await runner.run('close(0); close(1); close(2);');
    await runner.run('dup2(2, 1); freopen("elsewhere.txt", "w", stderr);');
    const result = await runner.run('std::cout << "out\\n"; std::cerr << "err\\n";');
    expect([result.stdout, result.stderr]).toEqual(['out\n', 'err\n']);
  });

  it('lets a forked child end with its cell', async () => {
    const result = await runner.run(
      'if (fork() == 0) { std::cout << "child\\n"; } else { gSystem->Sleep(200); }\nint after = 1;\nafter',
    );
    expect(result.stdout).toBe('child\n(int) 1\n(int) 1\n');
    expect((await runner.run('after')).stdout).toBe('(int) 1\n');
  });

  it('does not grow by more than the interpreter does over many cells', async () => {
    const size = async () =>
      Number(
        (await runner.run('ProcInfo_t pi; gSystem->GetProcInfo(&pi); std::cout << pi.fMemResident;')).stdout,
      );
    await size();
    const before = await size();
    for (let i = 0; i < 300; ++i) await runner.run('1;');
    expect((await size()) - before).toBeLessThan(60_000);
  });
});
