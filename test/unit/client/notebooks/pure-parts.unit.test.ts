import { describe, expect, it } from 'vitest';
import { labelOf } from '../../../../client/src/kernels/installation.ts';
import {
  namesFlavour,
  portableMetadata,
  suitableFlavour,
  supportedLanguages,
  toCode,
} from '../../../../client/src/notebooks/notebook-kind.ts';
import { toColumn, wordEnd } from '../../../../client/src/notebooks/positions.ts';
import { writtenFiles } from '../../../../client/src/notebooks/written-files.ts';

const spec = (name: string, language?: string): unknown => ({ kernelspec: { name, language } });
const python = (text: string): { language: string; text: string } => ({ language: 'python', text });

describe('the kernel that suits a notebook', () => {
  it.each([
    ["the ROOT kernel's notebook", spec('root', 'c++'), [], 'cpp'],
    ['a C++ notebook of another name', spec('root-6.30', 'c++'), [], 'cpp'],
    ['a notebook of xeus-cling', spec('xcpp17', 'C++17'), [], undefined],
    [
      'a Python notebook that imports ROOT',
      spec('python3', 'python'),
      [python('import ROOT as r')],
      'python',
    ],
    [
      'a Python notebook with from ROOT',
      spec('python3', 'python'),
      [python('x = 1\nfrom ROOT import TH1F')],
      'python',
    ],
    ['a Python notebook with C++ cells', spec('python3', 'python'), [python('%%cpp\nint a;')], 'python'],
    ['a plain Python notebook', spec('python3', 'python'), [python('import numpy')], undefined],
    [
      'a Python notebook that speaks of ROOT',
      spec('python3', 'python'),
      [python('# no import ROOT here')],
      undefined,
    ],
    ['an R notebook', spec('ir', 'R'), [{ language: 'r', text: 'import ROOT' }], undefined],
    [
      'a Python notebook that holds widgets',
      { kernelspec: { name: 'python3', language: 'python' }, widgets: {} },
      [python('import ROOT')],
      'python-jupyter',
    ],
    [
      'a Python notebook that shows a widget',
      spec('python3', 'python'),
      [{ ...python('import ROOT'), shows: ['text/plain', 'application/vnd.jupyter.widget-view+json'] }],
      'python-jupyter',
    ],
    [
      'a plain Python notebook with widgets',
      { kernelspec: { name: 'python3', language: 'python' }, widgets: {} },
      [python('import ipywidgets')],
      undefined,
    ],
    ['a notebook without metadata', undefined, [python('import ROOT')], 'python'],
    ['broken metadata', { kernelspec: 7 }, [], undefined],
  ])('%s', (_, metadata, cells, flavour) => {
    expect(suitableFlavour({ metadata, cells })).toBe(flavour);
  });
});

describe('cells', () => {
  it.each(['cpp', 'python'] as const)(
    'of every language reach the %s kernel, its own first, raw ones never',
    (flavour) => {
      const listed = supportedLanguages(flavour, ['plaintext', 'raw', 'cpp', 'rust']);
      for (const language of ['c++', 'cpp', 'root', 'python', 'shellscript', 'rust', 'plaintext']) {
        expect(listed).toContain(language);
      }
      expect(listed[0]).toBe(flavour);
      expect(listed).not.toContain('raw');
      expect(new Set(listed).size).toBe(listed.length);
    },
  );

  it.each([
    ['c++', { language: 'cpp', code: 'x' }],
    ['cpp', { language: 'cpp', code: 'x' }],
    ['root', { language: 'cpp', code: 'x' }],
    ['python', { language: 'python', code: 'x' }],
    ['shellscript', { language: 'cpp', code: '%%bash\nx' }],
  ])('of language %s are sent', (language, sent) => {
    expect(toCode(language, 'x', 'cpp')).toEqual(sent);
  });

  it('of another language are refused with the way out', () => {
    expect(toCode('rust', 'x', 'cpp')).toEqual({
      refusal: expect.stringContaining('"rust" cannot run here') as string,
    });
  });
});

describe('saved metadata', () => {
  it.each(['cpp', 'python', 'python-jupyter'] as const)(
    'of %s names a kernelspec that names the flavour',
    (flavour) => {
      expect(namesFlavour(portableMetadata(flavour), flavour)).toBe(true);
      expect(namesFlavour(portableMetadata(flavour), flavour === 'cpp' ? 'python' : 'cpp')).toBe(false);
    },
  );

  it('keeps a Python kernelspec of another name', () => {
    expect(namesFlavour(spec('python311', 'python'), 'python')).toBe(true);
    expect(namesFlavour({}, 'python')).toBe(false);
  });
});

it('labels say version, flavour and environment', () => {
  expect(labelOf({ version: '6.40.00', name: 'hep' }, 'cpp')).toBe('ROOT 6.40 C++');
  expect(labelOf({ version: '6.40.00', name: 'hep' }, 'python')).toBe('ROOT 6.40 Python (hep)');
  expect(labelOf({ version: '6.40.00', name: 'hep' }, 'python-jupyter')).toBe(
    'ROOT 6.40 Python via Jupyter (hep)',
  );
  expect(labelOf({ version: '', name: 'hep' }, 'cpp')).toBe('ROOT C++');
});

describe('compiler positions', () => {
  it.each([
    ['int x;', 5, 4],
    ['auto µ = 1; y', 14, 12],
    ['"😀" z', 8, 5],
    ['short', 99, 5],
    ['', 1, 0],
  ])('%s: byte column %i is %i', (line, byteColumn, column) => {
    expect(toColumn(line, byteColumn)).toBe(column);
  });

  it('a word is marked whole, anything else as one character', () => {
    expect(wordEnd('foo_1(bar)', 0)).toBe(5);
    expect(wordEnd('foo(bar)', 3)).toBe(4);
    expect(wordEnd('x', 1)).toBe(1);
  });
});

describe('files that ROOT says it wrote', () => {
  it.each([
    ['Info in <TCanvas::Print>: pdf file x.pdf has been created\n', ['/w/x.pdf']],
    ['Info in <TCanvas::Print>: png file /tmp/a b.png has been created', ['/tmp/a b.png']],
    ['Info in <TCanvas::SaveAs>: ROOT file plots/c.root has been created', ['/w/plots/c.root']],
    ['Info in <TCanvas::SaveSource>: C++ Macro file: c.C has been generated', ['/w/c.C']],
    [
      'Info in <TCanvas::Print>: pdf file x.pdf has been created\nInfo in <TCanvas::Print>: Current canvas added to pdf file x.pdf',
      ['/w/x.pdf'],
    ],
    ['my file x.pdf has been created', []],
    ['Info in <TH1::Fit>: nothing to do', []],
  ])('%s', (text, files) => {
    expect(writtenFiles(text, '/w')).toEqual(files);
  });
});
