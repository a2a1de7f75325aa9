import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../support/random.ts';
import { compileRunner, startRunner, summary, type TestRunner } from '../../support/runner-driver.ts';

/** Endless cells, and two that take long in places that cannot be left. */
const kinds: readonly [name: string, code: string][] = [
  ['an empty loop', 'for (;;) { }'],
  ['memory of containers', "for (;;) { std::vector<std::string> v(20, std::string(100, 'a')); }"],
  [
    'memory of containers beside another thread',
    "static bool once = (std::thread([] { for (;;) gSystem->Sleep(1000); }).detach(), true);\nfor (;;) { std::vector<std::string> v(20, std::string(100, 'a')); }",
  ],
  ['printing', 'for (long i = 0;; ++i) { std::cout << i << "\\n"; }'],
  [
    'histograms cloned and filled',
    'for (;;) { auto *clone = (TH1F *)keep.Clone("clone"); clone->SetDirectory(nullptr); for (int i = 0; i < 1000; ++i) clone->Fill(0.5); delete clone; }',
  ],
  [
    'a map of strings',
    'for (;;) { std::map<std::string, int> m; for (int i = 0; i < 100; ++i) m[std::to_string(i)] = i; }',
  ],
  ['sleeping', 'for (;;) { gSystem->Sleep(5000); }'],
  ['a shell command', 'for (;;) { gSystem->Exec("sleep 30"); }'],
  ['a random generator', 'for (;;) { keep.GetRandom(); gRandom->Gaus(); }'],
  [
    'a tree that is filled',
    'TMemFile memory("memory", "RECREATE"); double y = 0; for (;;) { TTree t("t", ""); t.SetDirectory(&memory); t.Branch("y", &y); for (int i = 0; i < 10000; ++i) t.Fill(); }',
  ],
  [
    'an event loop',
    'ROOT::RDataFrame(2000000000).Define("z", [](ULong64_t e) { return e * 0.5; }, {"rdfentry_"}).Sum("z").GetValue();',
  ],
  [
    'the compiler',
    'auto RANDOM = ROOT::RDataFrame(1000).Define("z", [](ULong64_t e) { return e * 0.5 + RANDOM_NUMBER; }, {"rdfentry_"}).Filter([](double z) { return z > 3; }, {"z"}).Sum("z"); *RANDOM;',
  ],
];

const attempts = Math.ceil(Number(process.env['ROOTBOOK_INTERRUPTS'] ?? 24) / kinds.length);
const seed = Number(process.env['ROOTBOOK_SEED'] ?? Date.now() % 1_000_000);
/** Milliseconds after which a cell that has no safe point is stopped by going back. */
const patience = 8000;

const random = randomFrom(seed);

/** A cell that compiles, allocates, draws random numbers and uses what was there before. */
const probe = `struct ProbeNUMBER { std::map<std::string, std::vector<double>> all; };
double probeNUMBER(int n) { ProbeNUMBER p; for (int i = 0; i < n; ++i) p.all[std::to_string(i)].push_back(i); double s = 0; for (auto &[k, v] : p.all) s += v[0]; return s; }
TH1F hNUMBER("hNUMBER", "", 10, 0, 1);
hNUMBER.FillRandom("pol0", 100);
std::cout << probeNUMBER(100) << " " << hNUMBER.GetEntries() << " " << keep.GetEntries() << std::endl;
TFormula("fNUMBER", "x*2").Eval(4)`;
const expected = '4950 100 1000\n(double) 8.0000000\n';

describe(`interrupts at random moments (ROOTBOOK_SEED=${String(seed)})`, () => {
  let folder: string;
  let runner: TestRunner;
  let number = 0;
  const report: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-interrupts-'));
    runner = await startRunner(await compileRunner(folder));
    await runner.run('TH1F keep("keep", "", 100, -3, 3); keep.FillRandom("gaus", 1000);');
  });
  afterAll(async () => {
    process.stdout.write(`${report.join('\n')}\n`);
    await runner.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function interruptOnce(code: string): Promise<{ how: string; latency: number }> {
    const tag = String(++number);
    const text = `std::cout << "go" << std::endl;\n${code.replaceAll('RANDOM_NUMBER', tag).replaceAll('RANDOM', `result${tag}`)}`;
    runner.checkpoint();
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const cell = runner.run(text, {
      onText: () => {
        start();
      },
    });
    await started;
    await wait(5 + 100 * random());
    const asked = performance.now();
    runner.interrupt();
    const late = setTimeout(() => runner.goBack(), patience);
    const result = await cell;
    clearTimeout(late);
    const [how = ''] = summary(result).split(' ');
    if (how !== 'interrupted' && how !== 'ok') report.push(`not interrupted: ${summary(result)}`);
    return { how, latency: performance.now() - asked };
  }

  it.each(kinds)(
    'leave the next cell right: %s',
    { timeout: attempts * 2 * patience },
    async (name, code) => {
      const hows = new Map<string, number>();
      let slowest = 0;
      for (let i = 0; i < attempts; ++i) {
        const { how, latency } = await interruptOnce(code);
        hows.set(how, (hows.get(how) ?? 0) + 1);
        slowest = Math.max(slowest, latency);
        const next = await runner.run(probe.replaceAll('NUMBER', String(number)));
        expect([summary(next), next.stdout]).toEqual(['ok', expected]);
      }
      const counts = [...hows].map(([how, count]) => `${how} ${String(count)}`).join(', ');
      report.push(`${name}: ${counts}; slowest ${slowest.toFixed(0)} ms`);
      expect(
        [...hows.keys()].every((how) => how === 'interrupted' || (how === 'ok' && name === 'the compiler')),
      ).toBe(true);
    },
  );

  it('leaves a cell that waits for input, and input works afterwards', async () => {
    const waiting = runner.run('int answer; std::cin >> answer;', {
      onInput: () => {
        runner.interrupt();
      },
    });
    expect(summary(await waiting)).toContain('interrupted');
    const after = await runner.run('int second; std::cin >> second; second', { answers: ['5'] });
    expect(after.stdout).toBe('(int) 5\n');
  });

  it('is harmless between cells', async () => {
    runner.interrupt();
    expect((await runner.run('1+1')).stdout).toMatch(/^(\(int\) 2\n)?$/);
    expect((await runner.run('1+1')).stdout).toBe('(int) 2\n');
  });

  it('stops a shell cell', async () => {
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const cell = runner.run('echo go; sleep 100', {
      mode: 'shell',
      onText: () => {
        start();
      },
    });
    await started;
    runner.interrupt();
    expect(summary(await cell)).toContain('interrupted');
  });

  it('stops a parallel loop by going back', async () => {
    await runner.run('ROOT::EnableImplicitMT(2);');
    runner.checkpoint();
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const cell = runner.run(
      'std::cout << "go" << std::endl;\nROOT::RDataFrame(20000000000).Define("w", "rdfentry_ * 2.").Sum("w").GetValue();',
      {
        onText: () => {
          start();
        },
      },
    );
    await started;
    runner.interrupt();
    expect(runner.goBack()).toBe(true);
    expect(summary(await cell)).toBe('restored');
    expect((await runner.run('keep.GetEntries()')).stdout).toBe('(double) 1000.0000\n');
  });
});
