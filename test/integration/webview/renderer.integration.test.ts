import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canvasHtml } from '../../../client/src/kernels/canvas-html.ts';
import { unzipJson } from '../../../client/webview/unzip.ts';
import { type RootPlots, drawWithRoot } from './root-plots.ts';
import {
  type RendererHost,
  colours,
  labels,
  messagesOf,
  render,
  scriptsRun,
  setTheme,
  show,
  startRendererHost,
} from './renderer-page.ts';

let host: RendererHost;
let plots: RootPlots;
const html = (name: string): string => canvasHtml(plots.json(name), { id: name });

beforeAll(async () => {
  [host, plots] = await Promise.all([startRendererHost(), drawWithRoot()]);
}, 180_000);

afterAll(async () => {
  await host.close();
  plots.remove();
});

describe('plots of ROOT, drawn from their data', () => {
  const expected: readonly (readonly [name: string, words: readonly string[]])[] = [
    ['th1', ['Dimuon mass', '[GeV]', 'Events / 0.5 GeV', '90', '2000', 'Entries', '20000', '91.23']],
    ['fit', ['Gauss with fit', 'entries', 'Constant', 'Sigma', 'Prob']],
    ['th2', ['Two dimensions', 'h2', '50000', 'Mean x', '100']],
    ['graph', ['Free fall', 't [s]', 's [m]', '25']],
    ['profile', ['Profile', 'profile', '10000', 'Std Dev y']],
    ['stack', ['Backgrounds', 'm [GeV]', 'QCD multijet', 'W + jets']],
    ['tf1', ['A function', 'f(x)', '20', '1.5']],
    ['pads', ['Dimuon mass', 'Two dimensions', 'Free fall', 'top']],
    ['latex', ['∞', 'L dt = 139 fb', '→ μ', '(1.7 ± 0.2)']],
    ['multigraph', ['Two channels', 'efficiency', 'electrons', 'muons']],
    ['empty', ['Nothing yet', 'Entries']],
  ];

  it.each(expected)(
    '%s has its axes, labels and statistics, and asks nobody for anything',
    async (name, words) => {
      const { page, outside, loaded, logged } = await host.open();
      await show(page, 'plot', html(name));
      const text = (await labels(page, 'plot')).join('\n');
      for (const word of words) expect(text).toContain(word);
      expect(outside).toEqual([]);
      expect(loaded.filter(host.isThree)).toEqual([]);
      expect(logged.filter((line) => /error/i.test(line))).toEqual([]);
      await page.context().close();
    },
  );

  it.each([
    ['cpp', '5000'],
    ['python', '5100'],
  ])(
    'a notebook saved by JupyROOT (%s) shows its plot, and its script does not run',
    async (language, entries) => {
      const file = path.join(
        import.meta.dirname,
        `../../unit/client/webview/saved-by-jupyroot-${language}.ipynb`,
      );
      const saved = /"text\/html": (\[[\s\S]*?\n *\])/.exec(readFileSync(file, 'utf8'))?.[1] ?? '[]';
      const { page, outside } = await host.open();
      await show(page, 'plot', (JSON.parse(saved) as string[]).join(''));
      const text = (await labels(page, 'plot')).join('\n');
      for (const word of ['Entries', entries, 'Std Dev']) expect(text).toContain(word);
      expect(
        await page.evaluate('Object.keys(window).filter((name) => name.startsWith("process_root_plot"))'),
      ).toEqual([]);
      expect(outside).toEqual([]);
      await page.context().close();
    },
  );

  it('what TBufferJSON::zipJSON packed is unpacked to the same', async () => {
    for (const name of ['th1', 'pads', 'latex']) {
      const { length, base64 } = plots.zip(name);
      expect((await unzipJson(length, base64)) === plots.json(name)).toBe(true);
    }
  });

  it('draws each bin of a histogram as high as its content', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    const paths = await page
      .locator('#plot .rootbook-drawing path')
      .evaluateAll((found) => found.map((one) => one.getAttribute('d') ?? ''));
    // The outline goes up or down where neighbouring bins differ: for these 100 bins, mostly.
    const steps = Math.max(...paths.map((outline) => outline.split('v').length));
    expect(steps).toBeGreaterThan(50);
    await page.context().close();
  });

  it('loads three.js only for a plot in three dimensions', async () => {
    const { page, outside, loaded } = await host.open();
    await show(page, 'flat', html('th2'));
    const before = loaded.length;
    await show(page, 'solid', html('surface'));
    await page.waitForSelector('#solid canvas, #solid image');
    expect(loaded.slice(before).some(host.isThree)).toBe(true);
    expect(outside).toEqual([]);
    await page.context().close();
  });

  it('loads JSROOT only when the first plot is shown', async () => {
    const { page, loaded } = await host.open();
    await render(page, 'table', '<table><tr><td>7</td></tr></table>');
    expect(loaded.some((file) => file.includes('jsroot'))).toBe(false);
    await show(page, 'plot', html('empty'));
    expect(loaded.some((file) => file.includes('jsroot'))).toBe(true);
    await page.context().close();
  });
});

describe('colours', () => {
  it("are the theme's for what ROOT draws black on white, and follow a change of theme", async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    const dark = await colours(page, 'plot');
    expect(dark).toContain('rgb(31, 31, 31)');
    expect(dark).toContain('rgb(204, 204, 204)');
    expect(dark).not.toContain('rgb(255, 255, 255)');

    await setTheme(page, 'vscode-light', '#fffff0', '#101010');
    await expect.poll(() => colours(page, 'plot')).toContain('rgb(255, 255, 240)');
    const light = await colours(page, 'plot');
    expect(light).toContain('rgb(16, 16, 16)');
    expect(light).not.toContain('rgb(204, 204, 204)');
    await page.context().close();
  });

  it('of data are those of ROOT in a light theme', async () => {
    const { page } = await host.open();
    await setTheme(page, 'vscode-light', '#ffffff', '#000000');
    await show(page, 'plot', html('stack'));
    const found = await colours(page, 'plot');
    // kRed-7, kAzure-4, kOrange-2, as JSROOT has them
    for (const colour of ['rgb(255, 102, 102)', 'rgb(102, 154, 255)', 'rgb(255, 205, 51)'])
      expect(found).toContain(colour);
    await page.context().close();
  });

  it("are ROOT's own after the switch, and the theme's again after another", async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    const white = page.locator('#plot [data-action=white]');
    await page.locator('#plot .rootbook-plot').hover();
    await white.click();
    await expect.poll(() => colours(page, 'plot')).toContain('rgb(255, 255, 255)');
    expect(await white.getAttribute('aria-pressed')).toBe('true');
    await white.click();
    await expect.poll(() => colours(page, 'plot')).toContain('rgb(31, 31, 31)');
    expect(await colours(page, 'plot')).not.toContain('rgb(255, 255, 255)');
    await page.context().close();
  });
});

describe('several plots and updates', () => {
  it('an updated output keeps its element, its zoom and shows the new data', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    const first = await page.locator('#plot .rootbook-plot').elementHandle();
    const frame = page.locator('#plot .rootbook-drawing .main_layer').first();
    const box = await frame.boundingBox();
    if (!box) throw new Error('there is no frame');
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2 + 2, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => labels(page, 'plot')).not.toContain('115');

    const more = plots
      .json('th1')
      .replace('"fEntries":20000', '"fEntries":20001')
      .replaceAll('Dimuon mass', 'More of it');
    await render(page, 'plot', canvasHtml(more, { id: 'th1' }));
    await expect.poll(() => labels(page, 'plot')).toContain('More of it');
    const second = await page.locator('#plot .rootbook-plot').elementHandle();
    expect(await first.evaluate((one, other) => one === other, second)).toBe(true);
    expect(await labels(page, 'plot')).toContain('20001');
    expect(await labels(page, 'plot')).not.toContain('115');

    await setTheme(page, 'vscode-light', '#fffff0', '#101010');
    await expect.poll(() => colours(page, 'plot')).not.toContain('rgb(31, 31, 31)');
    expect(await labels(page, 'plot')).not.toContain('115');

    await page.locator('#plot .rootbook-plot').hover();
    await page.locator('#plot [data-action=unzoom]').click();
    await expect.poll(() => labels(page, 'plot')).toContain('115');
    await page.context().close();
  });

  it('another canvas in the same output is drawn anew', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    await render(page, 'plot', html('graph'));
    await expect.poll(() => labels(page, 'plot')).toContain('Free fall');
    expect(await labels(page, 'plot')).not.toContain('Dimuon mass');
    await page.context().close();
  });

  it('eleven plots at once are each what they are', async () => {
    const { page, logged } = await host.open();
    const names = [
      'th1',
      'fit',
      'th2',
      'graph',
      'profile',
      'stack',
      'tf1',
      'pads',
      'latex',
      'multigraph',
      'empty',
    ];
    await Promise.all(names.map((name) => show(page, name, html(name))));
    expect(await labels(page, 'graph')).toContain('Free fall');
    expect(await labels(page, 'profile')).toContain('Std Dev y');
    expect(await page.locator('.rootbook-plot[data-state=drawn]').count()).toBe(names.length);
    expect(logged.filter((line) => /error/i.test(line))).toEqual([]);
    await page.context().close();
  });

  it('a plot becomes narrower with its output and keeps its proportions', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    await page.setViewportSize({ width: 420, height: 700 });
    const size = (): Promise<{ width: number; height: number } | null> =>
      page.locator('#plot .rootbook-drawing').boundingBox();
    await expect.poll(async () => (await size())?.width).toBeLessThanOrEqual(420);
    const found = await size();
    expect((found?.width ?? 0) / (found?.height ?? 1)).toBeCloseTo(696 / 472, 1);
    await expect.poll(() => labels(page, 'plot')).toContain('Dimuon mass');
    await page.context().close();
  });
});

describe('interaction', () => {
  it('the wheel scrolls the notebook until the plot is focused, then it zooms', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    const box = await page.locator('#plot .rootbook-drawing').boundingBox();
    if (!box) throw new Error('there is no drawing');
    const scrolled = (): Promise<unknown> => page.evaluate('scrollY');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, 120);
    await expect.poll(scrolled).toBeGreaterThan(0);
    expect(await labels(page, 'plot')).toContain('115');

    await page.evaluate('scrollTo(0, 0)');
    await page.locator('#plot .rootbook-drawing').focus();
    await page.mouse.wheel(0, -120);
    await expect.poll(() => labels(page, 'plot')).not.toContain('115');
    expect(await scrolled()).toBe(0);
    await page.context().close();
  });

  it('the toolbar and the text are reached and worked by keyboard', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate('document.activeElement.dataset.action')).toBe('copy');
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.action')).toBe('text');
    await page.keyboard.press('Enter');
    const table = page.locator('#plot table');
    await table.waitFor({ state: 'visible' });
    const text = await table.innerText();
    const { entries, mean, deviation } = plots.numbers['h'] ?? {};
    for (const number of [entries, mean, deviation])
      expect(text).toContain(String(Number((number ?? 0).toPrecision(6))));
    expect(await page.locator('#plot .rootbook-drawing').getAttribute('aria-label')).toBe(
      'Plot “One histogram”: TH1F Dimuon mass',
    );
    await page.context().close();
  });

  it('a name in the context menu is text, whatever it looks like', async () => {
    const { page, outside } = await host.open();
    const hostile = '<svg onload=scriptsRun++><img src=x onerror=scriptsRun++></svg>';
    const json = plots.json('th1').replaceAll('"fName":"h"', `"fName":"${hostile}"`);
    await show(page, 'plot', canvasHtml(json, { id: 'x' }));
    const box = await page.locator('#plot .rootbook-drawing').boundingBox();
    if (!box) throw new Error('there is no drawing');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, { button: 'right' });
    await page.locator('.jsroot_ctxt_container').first().waitFor();
    expect(await page.locator('.jsroot_ctxt_container img').count()).toBe(0);
    expect(await scriptsRun(page)).toBe(0);
    expect(outside).toEqual([]);
    await page.context().close();
  });
});

describe('export', () => {
  it.each([
    ['png', 'base64', 'c1.png'],
    ['svg', 'text', 'c1.svg'],
    ['json', 'text', 'c1.json'],
  ] as const)('%s goes to the extension as one message', async (format, encoding, name) => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    await page.locator('#plot .rootbook-plot').hover();
    await page.locator(`#plot [data-action=${format}]`).click();
    await expect.poll(() => messagesOf(page)).toHaveLength(1);
    const [message] = await messagesOf(page);
    expect(message).toMatchObject({ type: 'export', format, encoding, name });
    const { data } = message as { data: string };
    if (format === 'png') expect(Buffer.from(data, 'base64').subarray(1, 4).toString('latin1')).toBe('PNG');
    if (format === 'svg') expect(data).toMatch(/^<svg [\s\S]*Dimuon mass[\s\S]*<\/svg>$/);
    if (format === 'json') expect(JSON.parse(data)).toEqual(JSON.parse(plots.json('th1')));
    await page.context().close();
  });

  it('is a download where the editor takes no messages', async () => {
    const { page } = await host.open('no-messages');
    await show(page, 'plot', html('th1'));
    await page.locator('#plot .rootbook-plot').hover();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#plot [data-action=json]').click(),
    ]);
    expect(download.suggestedFilename()).toBe('c1.json');
    await page.context().close();
  });

  it('copies the picture', async () => {
    const { page } = await host.open();
    await show(page, 'plot', html('th1'));
    await page.locator('#plot .rootbook-plot').hover();
    await page.locator('#plot [data-action=copy]').click();
    await page.locator('#plot [data-action=copy][data-outcome=done]').waitFor();
    expect(await page.evaluate('navigator.clipboard.read().then((items) => items[0].types)')).toContain(
      'image/png',
    );
    await page.context().close();
  });
});

describe('what notebooks may bring', () => {
  it('html that is no plot is left as it is', async () => {
    const { page } = await host.open();
    await render(page, 'table', '<b>bold</b><script>scriptsRun++</script>');
    expect(await page.locator('#table b').innerText()).toBe('bold');
    expect(await scriptsRun(page)).toBe(1);
    await page.context().close();
  });

  it('scripts in html around a plot do not run', async () => {
    const { page, outside } = await host.open();
    await show(page, 'plot', `${html('th1')}<script>scriptsRun++</script>`);
    expect(await scriptsRun(page)).toBe(0);
    expect(outside).toEqual([]);
    await page.context().close();
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['no ROOT object', () => '{"a":1}'],
    [
      'endless array',
      (text: string) => text.replace('"fPrimitives"', '"x":{"$arr":"X","len":4000000000},"fPrimitives"'),
    ],
    [
      'a repeat of nothing',
      (text: string) => text.replace('"fPrimitives"', '"x":{"$arr":"X","len":3,"v":1,"n":0},"fPrimitives"'),
    ],
    ['a million million bins', (text: string) => text.replace('"fNbins":100', '"fNbins":1000000000000')],
  ])('data that is %s becomes a message, not a blank or a hang', async (_what, spoil) => {
    const { page } = await host.open();
    await show(page, 'plot', canvasHtml(spoil(plots.json('th1')), { id: 'bad' }));
    expect(await page.locator('#plot .rootbook-plot').getAttribute('data-state')).toBe('failed');
    expect(await page.locator('#plot .rootbook-message').innerText()).toMatch(/\w/);
    await page.context().close();
  });

  it('code in a canvas is not run: scripts of a web canvas, formulas, links', async () => {
    const { page, outside } = await host.open();
    const script = JSON.stringify({
      _typename: 'TCanvasWebSnapshot',
      fObjectID: '1',
      fKind: 3,
      fScripts: 'window.scriptsRun++;',
      fPrimitives: [],
      fSnapshot: JSON.parse(plots.json('empty')) as unknown,
    });
    await show(page, 'script', canvasHtml(script, { id: 'a' }));
    const formula = plots.json('tf1').replace(/"fFormula":"[^"]*"/, '"fFormula":"(scriptsRun++, x)"');
    await show(page, 'formula', canvasHtml(formula, { id: 'b' }));
    const link = plots.json('latex').replace('#sqrt{s} = 13 TeV', '#url[javascript:scriptsRun++]{click}');
    await show(page, 'link', canvasHtml(link, { id: 'c' }));
    for (const anchor of await page.locator('#link a').all()) await anchor.click();
    expect(await page.locator('#link a[href]').count()).toBe(0);
    expect(await scriptsRun(page)).toBe(0);
    expect(outside).toEqual([]);
    await page.context().close();
  });

  it('there is nothing in the bundle that compiles text to code', () => {
    expect(host.code().match(/.{20}\bnew Function\(/g)).toBeNull();
  });

  it('where the editor has no hook, the plain html is shown and the console says so', async () => {
    const { page, logged } = await host.open('no-hook');
    await render(page, 'plot', '<div id="root_plot_1">plain</div>');
    expect(await page.locator('#plot').innerText()).toBe('plain');
    expect(logged.join()).toContain('no hook for html output');
    await page.context().close();
  });
});
