import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRunner, type TestRunner } from '../../support/runner-driver.ts';

describe('canvases', () => {
  let runner: TestRunner;
  beforeAll(async () => {
    // Interpreted, so that this way of loading the runner is tried as well.
    runner = await startRunner();
    await runner.run(
      'TCanvas c("c", "My canvas"); TH1F h("h", "Title", 100, -3, 3); h.FillRandom("gaus", 1000);',
    );
  });
  afterAll(async () => {
    await runner.close();
  });

  it('shows what was drawn as JSON, PNG and text', async () => {
    const { displays } = await runner.run('h.Draw(); h.Fit("gaus", "Q"); c.Draw();');
    expect(displays).toHaveLength(1);
    const [display] = displays;
    expect(JSON.parse(display?.json ?? '')).toMatchObject({ _typename: 'TCanvas', fName: 'c' });
    expect(display?.png.subarray(1, 4).toString()).toBe('PNG');
    expect(display?.frame.update).toBe(false);
    expect(display?.frame.text).toMatch(
      /^Canvas c: My canvas\nTH1F h "Title": 1000 entries, mean -?[\d.e-]+, std dev [\d.]+\nTF1 gaus: Constant/,
    );
  });

  it('leaves the optimization of cells as it is in ROOT', async () => {
    const level = 'Current cling optimization level: 1\n';
    expect((await runner.run('.O')).stdout).toBe(level);
    expect((await runner.run('#pragma cling optimize(3)\nint optimized = 1;')).stderr).toBe('');
    expect((await runner.run('.O')).stdout).toBe(level);
  });

  it('shows nothing in a cell that draws nothing', async () => {
    expect((await runner.run('1+1;')).displays).toEqual([]);
  });

  it('changes a canvas in place that was only updated', async () => {
    const { displays: drawn } = await runner.run('c.Draw();');
    const { displays: updated } = await runner.run('h.Fill(0); c.Modified(); c.Update();');
    expect(updated[0]?.frame).toMatchObject({ update: true, id: drawn[0]?.frame.id });
  });

  it('shows several canvases of a cell', async () => {
    const { displays } = await runner.run(
      'TCanvas a("a"); TGraph g(3); g.Draw("AL"); a.Draw(); TCanvas b("b"); b.Divide(2); b.cd(1); TF1 f("f", "sin(x)", 0, 1); f.Draw(); b.Draw();',
    );
    expect(displays.map(({ frame }) => frame.text.split('\n')[0])).toEqual(['Canvas a', 'Canvas b']);
    expect(displays[0]?.frame.text).toContain('TGraph Graph: 3 points');
  });

  it('draws a canvas that is defined anew by a cell that runs again', async () => {
    const cell = 'TCanvas again("again", "", 300, 200); h.Draw(); again.Draw();';
    for (let run = 0; run < 3; run++) {
      const { outcome, displays } = await runner.run(cell);
      expect(outcome).toMatchObject({ kind: 'done', done: { status: 'ok' } });
      expect(displays.map(({ frame }) => frame.text.split('\n')[0])).toEqual(['Canvas again']);
    }
  });

  it('shows an animation while its cell runs', async () => {
    const { displays } = await runner.run(
      'c.Draw();\nfor (int i = 0; i < 30; ++i) { h.Fill(1); c.Modified(); c.Update(); gSystem->ProcessEvents(); gSystem->Sleep(30); }',
    );
    const [first, ...later] = displays;
    expect(first?.frame.update).toBe(false);
    expect(later.length).toBeGreaterThan(0);
    expect(later.every(({ frame }) => frame.update && frame.id === first?.frame.id)).toBe(true);
  });
});
