import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complete } from '../../../server/src/features/completion.ts';
import { diagnose, type Problem } from '../../../server/src/features/diagnostics.ts';
import { hover } from '../../../server/src/features/hover.ts';
import { signatureHelp } from '../../../server/src/features/signature.ts';
import type { Question } from '../../../server/src/introspection/question.ts';
import { RootProcess } from '../../../server/src/introspection/root-process.ts';
import { testInstallation, until } from '../../support/real-kernel.ts';

describe('language help from a real ROOT', () => {
  let root: RootProcess;
  const log: string[] = [];
  const never = new AbortController().signal;
  beforeAll(async () => {
    const { executable } = await testInstallation();
    const macro = path.resolve('server/agent/introspect.C');
    root = new RootProcess({ executable, macro, environment: process.env }, (line) => log.push(line));
  });
  afterAll(() => {
    root.dispose();
  });

  /** Cells, of which the last has the cursor. */
  function at(...cells: readonly string[]): Question {
    const offset = cells.at(-1)?.indexOf('|') ?? 0;
    return {
      sources: cells.map((text, i) => ({ name: `rb${String(i)}`, text: text.replace('|', '') })),
      offset,
      folder: '',
    };
  }

  async function names(...cells: readonly string[]): Promise<readonly string[]> {
    return (await complete(at(...cells), root, never)).map(({ label }) => label);
  }

  async function problems(...cells: readonly string[]): Promise<readonly string[]> {
    const sources = cells.map((text, i) => ({ name: `rb${String(i)}`, text }));
    const found = await diagnose(sources, '', root, never);
    if (!found) throw new Error(`no answer: ${log.join('\n')}`);
    return sources.flatMap(({ name, text }) =>
      (found.get(name) ?? []).map(
        ({ message, start, end }: Problem) => `${name} ${text.slice(start, end)}: ${message}`,
      ),
    );
  }

  it('completes the members of an object of an earlier cell, with their signatures', async () => {
    const items = await complete(at('TH1F h("h", "", 10, 0, 1);', 'h.|'), root, never);
    const fill = items.find(({ label }) => label === 'Fill');
    expect(fill).toMatchObject({ insertText: 'Fill($0)', labelDetails: { description: 'Int_t' } });
    expect(fill?.labelDetails?.detail).toContain('(Double_t x)');
    expect(fill?.documentation).toMatchObject({ value: expect.stringContaining('classTH1.html') as string });
  });

  it.each([
    ['GetXaxis', ['auto *h = new TH1D;', 'h->|']],
    ['SetTitle', ['TH1F h;', 'h.GetXaxis()->Set|']],
    ['size', ['std::vector<int> v;', 'if (v.|']],
    ['twice', ['struct P { int a; double twice(int x) const { return 2 * x; } };', 'P p;', 'p.|']],
    ['a', ['struct P { int a; };\nstd::vector<P> ps;', 'for (auto &p : ps) { p.| }']],
    ['GetName', ['struct Q : TNamed {};', 'Q q;\nq.|']],
    ['Mean', ['ROOT::RDataFrame df(10);', 'auto all = df.Filter("true");', 'all.|']],
    ['Pi', ['TMath::|']],
    ['RDataFrame', ['ROOT::|']],
    ['kRed', ['kR|']],
    ['gPad', ['gP|']],
    ['TCanvas', ['TCa|']],
    ['mine', ['int mine = 3;', 'mi|']],
    ['own', ['void own(int x) {}', 'ow|']],
    ['inner', ['void f() { TH1F inner; inn| }']],
    ['Draw', ['void f(TH1 *h) { h->| }']],
    ['length', ['auto f = [](std::string s) { return s.|; };']],
    ['Fill', ['h = new TH1F;', 'h->|']],
    ['GetMean', ['TH1F h;', 'TH2F h;\nh.|']],
  ])('finds %s in %j', async (name, cells) => {
    expect(await names(...cells)).toContain(name);
  });

  it('says what a name is', async () => {
    const variable = await hover(at('TH1F h;', 'h|.Fill(1);'), root, never);
    expect(variable?.markdown).toContain('TH1F h');
    expect(variable?.markdown).toContain('https://root.cern/doc/master/classTH1F.html');
    const method = await hover(at('TH1F h;', 'h.GetMea|n();'), root, never);
    expect(method?.markdown).toContain('Double_t TH1::GetMean(Int_t axis = 1) const');
    const own = await hover(at('double p|i = 3;'), root, never);
    expect(own?.markdown).toContain('double pi');
  });

  it.each([
    ['TH1F(const char* name', ['TH1F h(|']],
    ['TH1F(const char* name', ['auto *h = new TH1F("a", |']],
    ['TH1::Fill(Double_t x', ['TH1F h;', 'h.Fill(|']],
    ['int f(int a, double b)', ['int f(int a, double b) { return a; }', 'f(1, |']],
    ['TMath::Gaus(Double_t x', ['TMath::Gaus(|']],
  ])('shows %s for %j', async (label, cells) => {
    const help = await signatureHelp(at(...cells), root, never);
    const shown = help?.signatures.map(({ label: each }) => each).join('\n');
    expect(shown).toContain(label);
  });

  it('finds mistakes at their place', async () => {
    expect(await problems('TH1F h;', '// é\n  h.Fil(3);')).toEqual([
      "rb1 Fil: no member named 'Fil' in 'TH1F'",
    ]);
    expect(await problems('int a = 3;\nint b = a + c;')).toEqual(["rb0 c: use of undeclared identifier 'c'"]);
    expect(await problems('int a = (3;')).toEqual(['rb0 (: This ( is not closed.']);
    expect(await problems('int a = 3\nint b;')).toEqual([expect.stringContaining("expected ';'")]);
  });

  it.each([
    [['TH1F h("h", "", 10, 0, 1);\nh.FillRandom("gaus");', 'h.Draw()']],
    [['auto c = new TCanvas;', 'auto c = new TCanvas;\nc->Draw();']],
    [['x = 3;', 'x = 4;\nx + 1']],
    [['int n = 0;\nvoid count() { n++; }\ncount();']],
    [['struct P { int a; };', 'struct P { double b; };', 'P p; p.b = 3;']],
    [['#include <map>\nstd::map<int, int> m;\nm[3] = 4;\nfor (auto [k, v] : m) std::cout << k << v;']],
    [
      [
        'double f(double x) { return x; }\ndouble f(int x) { return x; }\nf(3);',
        'double f(double x) { return 2; }',
      ],
    ],
    [
      [
        'int f(TH1 * h);\nint f(TObject * o) { return f(dynamic_cast<TH1 *>(o)); }\nint f(TH1 * h) { return 1; }\nf(gPad);',
      ],
    ],
    [['.L macro.C\n%jsroot on\ngStyle->SetOptStat(0);']],
    [
      [
        'ROOT::RDataFrame df(10);\nauto g = df.Define("x", "rdfentry_ * 2");',
        'auto h = g.Histo1D("x");\nh->Draw();',
      ],
    ],
    [['template <class T> T twice(T x) { return 2 * x; }', 'twice(3)']],
    [['namespace N { int a = 3; }', 'using namespace N;\na = 4;']],
    [
      [
        'std::vector<double> v{1, 2};\nstd::sort(v.begin(), v.end(), [](double a, double b) { return a > b; });',
      ],
    ],
  ])('has nothing against %j', async (cells) => {
    expect(await problems(...cells)).toEqual([]);
  });

  it('compiles, and never runs what it compiles', async () => {
    const file = path.join('/tmp', `rootbook-must-not-be-${String(process.pid)}`);
    const cell = `static int a = gSystem->Exec("touch ${file}");\ngSystem->Exec("touch ${file}");`;
    expect(await problems(cell)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it('answers a cancelled question at once and goes on', async () => {
    const controller = new AbortController();
    const endless =
      'template <int N> struct A { using type = typename A<N * 2 % 1000003 + 1>::type; };\nA<1>::type a;';
    const asked = diagnose([{ name: 'rb0', text: endless }], '', root, controller.signal);
    controller.abort();
    await expect(asked).rejects.toThrow('cancelled');
    expect(await problems('int a = 3;')).toEqual([]);
  });

  it('is started again after it was killed', async () => {
    const before = root.pid;
    expect(before).toBeDefined();
    process.kill(before ?? 0, 'SIGKILL');
    await until(() => root.pid === undefined);
    expect(await problems('int a = b;')).toEqual([expect.stringContaining('undeclared')]);
    expect(root.pid).not.toBe(before);
  });
});
