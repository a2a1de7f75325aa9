import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { joinText, parseNotebook } from '../../client/src/notebooks/nbformat.ts';
import { runCell, type TestHosts, testInstallation } from './real-kernel.ts';
import { type CellOutput, CellOutputs } from '../../client/src/notebooks/outputs.ts';
import type { Flavour } from '../../client/src/kernels/installation.ts';

/** A notebook that two kernels are to run alike. */
export interface Case {
  readonly name: string;
  readonly cells: readonly string[];
}

/** Tutorials of the wheel that need no network, and whose random numbers do not depend on the time. */
export const tutorials: readonly string[] = [
  ...['000_TH1_first', '001_TH1_fillrandom', '002_TH1_fillrandom_userfunc', '003_TH1_draw'].map(
    (each) => `hist/hist${each}`,
  ),
  ...[
    '010_TH1_two_scales',
    '029_TRatioPlot_simple',
    '030_TRatioPlot_residual',
    '031_TRatioPlot_residual_fit',
    '105_TExec_dynamic_slice',
  ].map((each) => `hist/hist${each}`),
  ...[
    'exampleFunction',
    'Legendre',
    'principal',
    'fit/NumericalMinimization',
    'fit/combinedFit',
    'fit/fitNormSum',
    'fit/multifit',
  ].map((each) => `math/${each}`),
  ...[
    'pdf/pdf001_Normal',
    'pdf/pdf009_Bessel',
    'vecops/vo001_AdoptOrOwnMemory',
    'vecops/vo004_SortAndSelect',
    'vecops/vo005_Combinations',
    'vecops/vo008_numpyInterface',
  ].map((each) => `math/${each}`),
  ...[
    '001_simple',
    '002_errors',
    '003_errors2',
    '004_errors_asym',
    '005_apply',
    '009_bent_err',
    '011_graph2d_errorsfit',
    '012_polar',
  ].map((each) => `visualisation/graphs/gr${each}`),
  ...[
    '000_simple',
    '001_introduction',
    '003_profiles',
    '004_cutFlowReport',
    '006_ranges',
    '008_createDataSetFromScratch',
    '016_vecOps',
    '024_Display',
    '026_AsNumpyArrays',
    '032_RDFFromNumpy',
    '035_RDFFromPandas',
  ].map((each) => `analysis/dataframe/df${each}`),
  ...['rf101_basics', 'rf106_plotdecoration', 'rf201_composite'].map((each) => `roofit/roofit/${each}`),
];

export async function tutorialCase(name: string): Promise<Case> {
  const { root } = await testInstallation();
  const file = path.join(root, 'tutorials', `${name}.py`);
  return { name, cells: [await readFile(file, 'utf8')] };
}

/** A notebook of canvases, C++ cells and mistakes. */
export const recorded = path.resolve('test/fixtures/python_kernel.ipynb');

export async function notebookCase(file: string): Promise<Case> {
  const { cells } = parseNotebook(await readFile(file, 'utf8'), file);
  const code = cells.filter((cell) => cell.cell_type === 'code').map((cell) => joinText(cell.source));
  return { name: path.basename(file), cells: code };
}

/** @returns what the second kernel shows otherwise than the first, a line each. */
export async function differences(
  hosts: TestHosts,
  one: Case,
  kernels: readonly [Flavour, Flavour],
): Promise<string[]> {
  const first = await play(hosts, one, kernels[0]);
  const second = await play(hosts, one, kernels[1]);
  return first.flatMap((cell, index) =>
    aspects.flatMap((what) => {
      const expected = cell[what];
      const found = second[index]?.[what] ?? 'nothing';
      if (found === expected) return [];
      return [
        `${one.name}, cell ${String(index + 1)}, ${what}:\n  - ${quote(expected)}\n  + ${quote(found)}`,
      ];
    }),
  );
}

const aspects = ['status', 'stdout', 'stderr', 'rich'] as const;
type Shown = Readonly<Record<(typeof aspects)[number], string>>;

async function play(hosts: TestHosts, { cells }: Case, flavour: Flavour): Promise<readonly Shown[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-judge-'));
  const session = await hosts.open(flavour, { folder, outlivesClient: false });
  try {
    const ran: { readonly status: string; readonly outputs: CellOutputs }[] = [];
    for (const code of cells) {
      const { status, events } = await runCell(session, code, { language: 'python', mayFail: true });
      const outputs = new CellOutputs(10);
      ran.push({ status, outputs });
      for (const event of events) {
        if (event.kind === 'update' && event.displayId !== undefined)
          for (const each of ran) each.outputs.update(event.displayId, event.data, event.metadata);
        else outputs.apply(event);
      }
    }
    return ran.map(({ status, outputs }) => toShown(status, outputs.outputs, folder));
  } finally {
    await session.shutDown();
    await rm(folder, { recursive: true, force: true });
  }
}

function toShown(status: string, outputs: readonly CellOutput[], folder: string): Shown {
  const plain = (texts: readonly string[]): string => normalized(texts.join('').replaceAll(folder, 'FOLDER'));
  const text = (name: string): readonly string[] =>
    outputs.map((output) => (output.kind === 'stream' && output.name === name ? output.text : ''));
  return {
    status,
    stdout: plain(text('stdout')),
    stderr: plain(text('stderr')),
    rich: plain(outputs.map(toWords)),
  };
}

/** What is no text: which forms it has, and its words. Canvases say class, entries and mean of what they hold. */
function toWords(output: CellOutput): string {
  switch (output.kind) {
    case 'stream':
      return '';
    case 'display':
    case 'result':
      return `${output.kind} ${Object.keys(output.data).sort().join(' ')}: ${String(output.data['text/plain'])}\n`;
    case 'error':
      return `error ${output.name}: ${output.message}; ${JSON.stringify(output.problems)}\n${output.traceback.join('\n')}\n`;
  }
}

/**
 * Without what differs from run to run: times, addresses, process numbers and names made of them. PyROOT words ROOT's
 * warnings as Python's, as in a script, and not in ipykernel. Colours: the runner's tracebacks highlight what failed, too.
 */
function normalized(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\/tmp\/ipykernel_\d+\/\d+\.py|<ipython-input-\d+-\w+>/g, 'CELL')
    .replaceAll(/^Warning in <(.+?)>: /gm, '$1:0: RuntimeWarning: ')
    .replaceAll(/0x[0-9a-f]{6,}/g, 'ADDRESS')
    .replaceAll(/\d+(\.\d+)?(e-\d+)? ?(ns|[µμ]s|ms|s|sec|seconds)\b/g, 'TIME')
    .replaceAll(/(Real time|CPU time|Cpu time)[^\n]*/gi, 'TIME')
    .replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/g, 'DATE')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function quote(text: string): string {
  return JSON.stringify(text.length > 1500 ? `${text.slice(0, 700)} ... ${text.slice(-700)}` : text);
}
