import { parse } from 'jsroot/core';
import path from 'node:path';
import { isObject, type JsonObject } from '../../../client/webview/canvas-json.ts';
import { readCanvasHtml } from '../../../client/webview/jupyroot-html.ts';
import { unzipJson } from '../../../client/webview/unzip.ts';
import { type Output, shownAs } from '../executed-notebook.ts';
import { type JudgedRoot, supportFolder, type Workplace } from './tutorial.ts';

/** What the canvases of a notebook hold, in the words of `canvases.C`; of one that was shown again, its last state. */
export async function describeSaved(
  judged: JudgedRoot,
  place: Workplace,
  outputs: readonly Output[],
): Promise<string> {
  const canvases = new Map<unknown, JsonObject>();
  for (const output of outputs) {
    const saved = readCanvasHtml(shownAs(output, 'text/html') ?? '');
    if (saved?.content.kind !== 'zip') continue;
    const canvas = parse(await unzipJson(saved.content.length, saved.content.base64));
    if (isObject(canvas)) canvases.set(canvas['fName'], canvas);
  }
  const histograms: JsonObject[] = [];
  const lines = [...canvases.values()].flatMap((canvas) => describe(canvas, '', histograms));
  const numbers = await entriesAndMeans(judged, place, histograms);
  return lines.map((line) => (line.endsWith(':') ? `${line} ${numbers.shift() ?? ''}` : line)).join('\n');
}

/** @param histograms gets those whose line ends in a colon, in order. */
function describe(object: JsonObject, indent: string, histograms: JsonObject[]): readonly string[] {
  const line = `${indent}${String(object['_typename'])} ${String(object['fName'])}`;
  const inside = (list: unknown): readonly string[] => [
    line,
    ...items(list).flatMap((item) => describe(item, `${indent} `, histograms)),
  ];
  if ('fLogx' in object && 'fPrimitives' in object) return inside(object['fPrimitives']);
  if (object['_typename'] === 'THStack') return inside(object['fHists']);
  if ('fEntries' in object && 'fXaxis' in object) {
    histograms.push(object);
    return [`${line}:`];
  }
  if ('fNpoints' in object && /^T(Graph(?!2D)|CutG)/.test(String(object['_typename'])))
    return [`${line}: ${String(object['fNpoints'])} points`];
  return 'fFormula' in object && 'fNpx' in object ? [line] : [];
}

function items(list: unknown): readonly JsonObject[] {
  const all: unknown = isObject(list) ? list['arr'] : undefined;
  return Array.isArray(all) ? all.filter(isObject) : [];
}

/** ROOT itself reads the histograms, without what is drawn over them: it cannot read all that it writes as JSON. */
async function entriesAndMeans(
  judged: JudgedRoot,
  place: Workplace,
  histograms: readonly JsonObject[],
): Promise<string[]> {
  if (histograms.length === 0) return [];
  const none = { _typename: 'TList', name: 'TList', arr: [], opt: [] };
  const lines = histograms.map((histogram) => JSON.stringify({ ...histogram, fFunctions: none }, readable));
  place.write('histograms.json', lines.join('\n'));
  const macro = `${path.join(supportFolder, 'histograms.C')}("histograms.json", "histograms.txt")`;
  const { stderr } = await place.run(path.join(judged.root, 'bin/root.exe'), ['-l', '-b', '-q', macro], 300);
  const numbers = place.read('histograms.txt').trimEnd().split('\n');
  if (numbers.length !== histograms.length)
    throw new Error(`ROOT cannot read histograms of the notebook: ${stderr}`);
  return numbers;
}

/** Packed arrays are read as plain ones; a number that is none is written as nothing, which ROOT cannot read. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : 0;
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as Float64Array)
    : value;
}
