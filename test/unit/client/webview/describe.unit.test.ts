import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCanvas } from '../../../../client/webview/canvas-json.ts';
import { describe as describeCanvas, numbers } from '../../../../client/webview/describe.ts';
import { readCanvasHtml } from '../../../../client/webview/jupyroot-html.ts';
import { UnreadableCanvas, unzipJson } from '../../../../client/webview/unzip.ts';

describe('a plot in words', () => {
  it('has the numbers that ROOT shows in the statistics box', async () => {
    const text = readFileSync(path.join(import.meta.dirname, 'saved-by-jupyroot-cpp.ipynb'), 'utf8');
    const notebook = JSON.parse(text) as { cells: { outputs?: { data?: Record<string, string[]> }[] }[] };
    const html = notebook.cells[1]?.outputs?.[0]?.data?.['text/html']?.join('') ?? '';
    const saved = readCanvasHtml(html);
    if (saved?.content.kind !== 'zip') throw new Error('no plot');
    const json = await unzipJson(saved.content.length, saved.content.base64);
    const shown = [...json.matchAll(/"fTitle":"(Entries|Mean|Std Dev) *= *([^"]+)"/g)].map((match) =>
      Number(match[2]),
    );
    const { parts, summary } = describeCanvas(parseCanvas(json));
    expect(summary).toBe('Plot “c”: TH1F gaus');
    const facts = new Map(parts[0]?.facts);
    expect(shown).toHaveLength(3);
    for (const [index, name] of ['entries', 'mean', 'std dev'].entries())
      expect(Number(facts.get(name))).toBeCloseTo(shown[index] ?? Number.NaN, 3);
    expect(facts.get('x axis')).toBe('x');
    expect(facts.get('bins')).toBe('100 from -4 to 4');
  });

  it('reads TLatex as it would be said', () => {
    const canvas = parseCanvas(
      JSON.stringify({ _typename: 'TCanvas', fTitle: 'm_{#mu#mu} #rightarrow #frac{d#sigma}{dp_{T}}' }),
    );
    expect(describeCanvas(canvas).summary).toBe('Plot “mμμ → dσ/dpT”');
  });

  it('survives canvases that lie about their parts', () => {
    for (const members of [
      {},
      { fPrimitives: 3 },
      { fPrimitives: { arr: [null, 1, { _typename: 7 }] } },
      { fPrimitives: { arr: [{ _typename: 'TH1F', fXaxis: [] }] } },
    ])
      expect(describeCanvas({ _typename: 'TCanvas', ...members }).summary).toMatch(/^Plot/);
  });

  it.each([
    ['plain', [1, 2], [1, 2]],
    ['packed', { $arr: 'Float32', len: 6, p: 1, v: [3, 4], p1: 4, v1: 9, n1: 2 }, [0, 3, 4, 0, 9, 9]],
    ['binary', { $arr: 'Float32', len: 6, b: 'AAAA' }, undefined],
  ])('reads arrays that are %s', (_what, array, expected) => {
    expect(numbers(array)).toEqual(expected);
  });
});

describe('data of a canvas', () => {
  it.each([
    ['text', 'hello'],
    ['a list', '[1]'],
    ['without a class', '{"a":1}'],
    ['a packed array without end', '{"_typename":"T","a":{"$arr":"Int8","len":1e15}}'],
    ['packed with a negative place', '{"_typename":"T","a":{"$arr":"Int8","len":3,"p":-1,"v":1}}'],
    ['repeating for ever', '{"_typename":"T","a":{"$arr":"Int8","len":3,"v":1,"n":0}}'],
    ['nested without end', `{"_typename":"T","a":${'['.repeat(300)}${']'.repeat(300)}}`],
    ['of too many bins', '{"_typename":"T","fNbins":1e9}'],
  ])('is refused when it is %s', (_what, text) => {
    expect(() => parseCanvas(text)).toThrow(UnreadableCanvas);
  });

  it('brings no prototype of its own', () => {
    const canvas = parseCanvas(
      '{"_typename":"T","__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}',
    );
    expect(Object.keys(canvas)).toEqual(['_typename', 'a']);
    expect(Object.keys(canvas['a'] as object)).toEqual([]);
  });
});
