import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCanvas } from '../../../../client/webview/canvas-json.ts';
import { readCanvasHtml } from '../../../../client/webview/jupyroot-html.ts';
import { unzipJson } from '../../../../client/webview/unzip.ts';

const saved = (name: string): string[] => {
  const notebook = JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8')) as {
    cells: { outputs?: { data?: Record<string, string | string[]> }[] }[];
  };
  return notebook.cells
    .flatMap((cell) => cell.outputs ?? [])
    .map((output) => [output.data?.['text/html'] ?? []].flat().join(''))
    .filter((html) => html !== '');
};

describe('html that JupyROOT saved', () => {
  it.each([
    ['saved-by-jupyroot-cpp.ipynb', 500, 350, 137144],
    ['saved-by-jupyroot-python.ipynb', 400, 300, 137134],
  ])('%s holds a canvas that is read without running it', async (name, width, height, length) => {
    const canvas = readCanvasHtml(saved(name)[0] ?? '');
    expect(canvas).toMatchObject({ width, height, option: '', content: { kind: 'zip', length } });
    if (canvas?.content.kind !== 'zip') throw new Error('not packed');
    const json = await unzipJson(canvas.content.length, canvas.content.base64);
    expect(json).toHaveLength(length);
    expect(parseCanvas(json)).toMatchObject({ _typename: 'TCanvas', fName: 'c' });
  });

  const around = (draw: string): string =>
    `<div id="root_plot_3" style="width: 796px; height: 572px">\n</div><script>${draw}</script>`;

  it.each([
    [
      'JSROOT.parse of a literal',
      `var obj = JSROOT.parse({"_typename":"TCanvas","a":"}\\""});JSROOT.draw("root_plot_3", obj, "");`,
    ],
    ['a literal', `var obj = {"_typename":"TCanvas","a":"}\\""};\nCore.draw("root_plot_3", obj, "");`],
    [
      'a string',
      `const obj = Core.parse('{"_typename":"TCanvas","a":"}\\\\""}');Core.draw('root_plot_3', obj, '');`,
    ],
  ])('of older versions, with %s, is read as well', (_what, draw) => {
    const canvas = readCanvasHtml(around(draw));
    expect(canvas).toMatchObject({ width: 796, height: 572, content: { kind: 'json' } });
    if (canvas?.content.kind === 'json')
      expect(parseCanvas(canvas.content.text)).toEqual({ _typename: 'TCanvas', a: '}"' });
  });

  it('that fills the width has no width of its own', () => {
    const html = `<div style="width: 100%; height: 600px; position: relative"><div id="root_plot_1"></div></div>
      <script>Core.unzipJSON(3,'AAAA').then(json => { const obj = Core.parse(json); Core.draw('root_plot_1', obj, 'colz'); });</script>`;
    expect(readCanvasHtml(html)).toMatchObject({ width: undefined, height: 600, option: 'colz' });
  });

  it.each([
    ['nothing', ''],
    ['a table', '<table><tr><td>root_plot_1</td></tr></table>'],
    ['a plot drawn elsewhere', around(`Core.unzipJSON(3,'AAAA'); Core.draw('other', obj, '')`)],
    ['data that is computed', around(`Core.unzipJSON(3, fetch('x')); Core.draw('root_plot_3', obj, '')`)],
    ['an endless literal', around(`var obj = {"a":{"b":1; Core.draw('root_plot_3', obj, '')`)],
    [
      'a file browser',
      around(`Core.buildGUI('root_plot_3','notebook').then(h => h.openRootFile(bytes.buffer));`),
    ],
  ])('is left alone when it is %s', (_what, html) => {
    expect(readCanvasHtml(html)).toBeUndefined();
  });

  it('is read in a moment, whatever it repeats', () => {
    for (const text of ['<div id="root_plot_', 'unzipJSON(1,"', 'obj = {', '.draw("', ' '])
      expect(readCanvasHtml(`<div id="root_plot_1">${text.repeat(200_000 / text.length)}`)).toBeUndefined();
  });
});
