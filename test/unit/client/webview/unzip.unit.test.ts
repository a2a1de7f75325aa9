import { unzipJSON } from 'jsroot/io';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canvasHtml, zipJson } from '../../../../client/src/kernels/canvas-html.ts';
import { readCanvasHtml } from '../../../../client/webview/jupyroot-html.ts';
import { UnreadableCanvas, unzipJson } from '../../../../client/webview/unzip.ts';

const json = JSON.stringify({
  _typename: 'TCanvas',
  fCw: 640,
  fCh: 480,
  fTitle: 'Höhe #mu',
  list: Array.from({ length: 5000 }, (_, i) => i),
});

describe('a canvas packed for a notebook', () => {
  it('is unpacked by JSROOT itself and by the renderer to the same', async () => {
    const saved = readCanvasHtml(canvasHtml(json, { id: 'a-1' }));
    if (saved?.content.kind !== 'zip') throw new Error('not packed');
    const { length, base64 } = saved.content;
    const text = await unzipJson(length, base64);
    expect(await unzipJSON(length, base64)).toBe(text);
    expect(JSON.parse(text)).toEqual(JSON.parse(json));
    expect(saved).toMatchObject({ width: 640, height: 480 });
  });

  it('of several blocks is unpacked by both', async () => {
    const large = JSON.stringify({ text: 'x'.repeat(17 << 20) });
    const base64 = zipJson(large);
    expect((await unzipJson(large.length, base64)) === large).toBe(true);
    expect((await unzipJSON(large.length, base64)) === large).toBe(true);
  });

  it('has a name of its own for each plot, and only letters in it', () => {
    const name = (html: string): string | undefined => /id="(\w+)"/.exec(html)?.[1];
    expect(name(canvasHtml(json))).not.toBe(name(canvasHtml(json)));
    expect(name(canvasHtml(json, { id: `'"><script>` }))).toBe('root_plot__script_');
    expect(canvasHtml(json, { option: `');alert(1)//` })).not.toContain('alert(1)');
  });

  it('carries its picture for readers that run no script', () => {
    const html = canvasHtml(json, { png: 'iVBORw0KGgo=', text: 'TH1D "a" <b>' });
    expect(html).toContain('<img src="data:image/png;base64,iVBORw0KGgo="');
    expect(html).toContain('alt="TH1D &#34;a&#34; &#60;b&#62;"');
    expect(readCanvasHtml(html)).toMatchObject({ content: { kind: 'zip' }, width: 640, height: 480 });
    expect(canvasHtml(json, { png: '"><script>' })).not.toContain('<img');
  });

  const block = (packed: Buffer, unpacked: number): string => {
    const header = Buffer.from('ZL\b\0\0\0\0\0\0', 'latin1');
    header.writeUIntLE(packed.length, 3, 3);
    header.writeUIntLE(unpacked, 6, 3);
    return Buffer.concat([header, packed]).toString('base64');
  };

  it.each([
    ['not base64', 10, '%%%'],
    ['of another compression', 10, Buffer.from('XZ\0aaaaaaaaaa').toString('base64')],
    ['cut off', 10, block(deflateSync('0123456789'), 10).slice(0, 20)],
    ['shorter than it says', 20, block(deflateSync('0123456789'), 20)],
    ['a bomb', 10, block(deflateSync(Buffer.alloc(50 << 20)), 10)],
    ['empty', 10, ''],
    ['too large', 1e9, ''],
  ])('is refused when it is %s', async (_what, length, base64) => {
    await expect(unzipJson(length, base64)).rejects.toBeInstanceOf(UnreadableCanvas);
  });
});
