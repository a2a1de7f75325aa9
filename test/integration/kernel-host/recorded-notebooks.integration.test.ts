import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readCanvasHtml } from '../../../client/webview/jupyroot-html.ts';
import { unzipJson } from '../../../client/webview/unzip.ts';
import {
  errorOf,
  type Executed,
  notebookOf,
  type Output,
  printed,
  readExecuted,
  shownAs,
} from '../../support/executed-notebook.ts';
import { tools } from '../../support/real-kernel.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-recorded-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Cell {
  /** As JupyROOT saved them. */
  readonly recorded: readonly Output[];
  readonly outputs: readonly Output[];
}

/** Runs the cells of a notebook that JupyROOT saved; one that fails does not keep those below from running. */
function runAgain(name: string, language: 'c++' | 'python'): readonly Cell[] {
  const saved = readExecuted(readFileSync(path.join('test/fixtures/notebooks', name), 'utf8'));
  const cells = saved.cells.filter(({ cell_type: type }) => type === 'code');
  const [input, output] = [path.join(folder, name), path.join(folder, `executed-${name}`)];
  const sources = cells.map(({ source }) => source);
  writeFileSync(input, notebookOf(sources, language, true));
  const { stderr } = spawnSync(process.execPath, ['client/dist/headless.cjs', input, output], {
    encoding: 'utf8',
    env: {
      ...process.env,
      XDG_STATE_HOME: path.join(folder, 'state'),
      VIRTUAL_ENV: path.join(tools, 'python'),
    },
  });
  expect(stderr).toBe('');
  const executed: Executed = readExecuted(readFileSync(output, 'utf8'));
  return cells.map(({ outputs: recorded }, index) => ({
    recorded,
    outputs: executed.cells[index]?.outputs ?? [],
  }));
}

/** The canvas that an output holds for JSROOT. */
async function canvasOf(output: Output | undefined): Promise<unknown> {
  const saved = output && readCanvasHtml(shownAs(output, 'text/html') ?? '');
  if (saved?.content.kind !== 'zip') return undefined;
  return JSON.parse(await unzipJson(saved.content.length, saved.content.base64));
}

/** Entries and bins of the histogram of that name, which JSROOT draws. */
function histogram(canvas: unknown, name: string): unknown {
  const { fPrimitives } = Canvas.parse(canvas);
  return fPrimitives.arr.find(({ fName }) => fName === name);
}

const Histogram = z.object({
  _typename: z.string(),
  fName: z.string().optional(),
  fEntries: z.number().optional(),
  fTsumwx: z.number().optional(),
  fArray: z.unknown().optional(),
});
const Canvas = z.object({ fPrimitives: z.object({ arr: z.array(Histogram) }) });

describe('a C++ notebook that JupyROOT saved, run again', () => {
  let cells: readonly Cell[] = [];
  beforeAll(() => {
    cells = runAgain('jupyroot-cpp.ipynb', 'c++');
  }, 300_000);

  it('draws the histogram that was drawn, bin by bin', async () => {
    const [before, after] = [cells[0]?.recorded[0], cells[0]?.outputs[0]];
    expect(histogram(await canvasOf(after), 'h')).toEqual(histogram(await canvasOf(before), 'h'));
  });

  it.each([
    ['a value', 1],
    ['a declared function', 4],
    ['a Python cell', 8],
  ])('prints %s as it was printed', (_what, index) => {
    const cell = cells[index];
    expect(printed(cell?.recorded ?? [], 'stdout')).not.toBe('');
    expect(printed(cell?.outputs ?? [], 'stdout')).toBe(printed(cell?.recorded ?? [], 'stdout'));
  });

  it('fails the cell with an unknown name, at its place, where JupyROOT called it well', () => {
    expect(cells[2]?.recorded.map(({ output_type: type }) => type)).toEqual(['stream']);
    expect(errorOf(cells[2]?.outputs ?? [])).toBe("CompileError: use of undeclared identifier 'hh'");
  });

  it('fails the cell that throws, of which JupyROOT said nothing', () => {
    expect(cells[5]?.recorded).toEqual([]);
    expect(errorOf(cells[5]?.outputs ?? [])).toBe('std::runtime_error: boom');
  });

  it('shows a picture where JavaScript is turned off', () => {
    const shown = cells[7]?.outputs[0];
    expect(shown && shownAs(shown, 'image/png')).toMatch(/^iVBOR/);
  });
});

describe('a Python notebook that JupyROOT saved, run again', () => {
  let cells: readonly Cell[] = [];
  beforeAll(() => {
    cells = runAgain('jupyroot-python.ipynb', 'python');
  }, 300_000);

  it('shows no warning of ROOT about itself', () => {
    expect(printed(cells[0]?.recorded ?? [], 'stderr')).toContain('UserWarning');
    expect(cells[0]?.outputs).toEqual([]);
  });

  it('draws the histogram that was drawn, as the cell below it left it', async () => {
    const [before, after] = [cells[1]?.recorded[0], cells[1]?.outputs[0]];
    expect(histogram(await canvasOf(after), 'h')).toEqual(histogram(await canvasOf(before), 'h'));
    expect(cells[2]?.outputs).toEqual([]);
  });

  it('prints what C++ printed, and finds in Python what C++ defined', () => {
    expect(printed(cells[3]?.outputs ?? [], 'stdout')).toBe(printed(cells[3]?.recorded ?? [], 'stdout'));
    expect(cells[4]?.outputs.map((output) => shownAs(output, 'text/plain'))).toEqual(['4']);
  });

  it('fails the C++ cell that does not compile, which JupyROOT called well', () => {
    expect(cells[5]?.recorded.map(({ output_type: type }) => type)).toEqual(['stream']);
    expect(errorOf(cells[5]?.outputs ?? [])).toContain("no member named 'Fil' in 'TH1F'");
  });

  it.each([
    ['the C++ exception', 6, 'boom'],
    ['the error of Python', 7, "'TH1F' object has no attribute 'Fil'"],
  ])('shows %s', (_what, index, words) => {
    expect(errorOf(cells[index]?.recorded ?? [])).toContain(words);
    expect(errorOf(cells[index]?.outputs ?? [])).toContain(words);
  });
});
