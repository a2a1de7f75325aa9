import { describe, expect, it } from 'vitest';
import { differences } from '../../support/tutorials/judge.ts';
import { sample } from '../../support/tutorials/sample.ts';
import { toCells } from '../../support/tutorials/to-cells.ts';
import type { Run } from '../../support/tutorials/tutorial.ts';

const run = (changes: Partial<Run> = {}): Run => ({
  ended: true,
  problem: '',
  stdout: 'a\nb\n',
  canvases: 'TCanvas c1\n TH1F h: 3 entries, mean 1\n',
  ...changes,
});
const found = (changes: Partial<Run>): string => differences('hist/a.C', run(), run(changes)).join('\n');

describe('the comparison of a tutorial with ROOT', () => {
  it('finds nothing where all is the same', () => {
    expect(found({})).toBe('');
  });

  it('names the first line of output that is another', () => {
    expect(found({ stdout: 'a\nc\n' })).toBe('stdout, line 2: ROOT prints "b", we "c"');
    expect(found({ stdout: 'a\n' })).toBe('stdout, line 2: ROOT prints "b", we nothing');
  });

  it('finds a histogram with other entries and a canvas that is missing', () => {
    expect(found({ canvases: 'TCanvas c1\n TH1F h: 4 entries, mean 1\n' })).toContain('4 entries');
    expect(found({ canvases: '' })).toContain('the notebook nothing');
  });

  it('takes the last state of a canvas that was shown more than once', () => {
    const canvases = 'TCanvas c1\n TH1F h: 1 entries, mean 1\nTCanvas c1\n TH1F h: 3 entries, mean 1\n';
    expect(found({ canvases })).toBe('');
  });

  it('finds a failure on either side', () => {
    expect(found({ ended: false, problem: 'CompileError: no' })).toBe('failed: CompileError: no');
    expect(differences('hist/a.C', run({ ended: false, problem: 'crash' }), run())).toEqual([
      'ended well, where ROOT did not: crash',
    ]);
  });

  it.each([
    ['addresses', '(TCanvas *) 0x1bbd7b0', '(TCanvas *) 0x13e87980'],
    ['times', 'Real Time =    5.103s, Cpu Time =    3.240s', 'Real Time =    1.1s, Cpu Time =    3.2s'],
  ])('leaves %s to chance', (_what, one, other) => {
    expect(differences('hist/a.C', run({ stdout: one }), run({ stdout: other }))).toEqual([]);
  });
});

describe('a tutorial in cells', () => {
  it('is its text and the call of its function', () => {
    expect(toCells('void fill() {}\n', 'fill.C')[0]).toBe('void fill() {}\nfill()');
  });

  it('is the body of an unnamed macro, with its lines where they were', () => {
    const source = '// says {\n#include "TH1.h"\n{\n   int a = 1;\n}\n// end }\n';
    expect(toCells(source, 'fill.C')[0]).toBe('// says {\n#include "TH1.h"\n \n   int a = 1;\n \n// end }\n');
  });
});

describe('a tutorial that asks for its own file', () => {
  it('is run from that file', () => {
    expect(toCells('void fill() { puts(__FILE__); }', 'fill.C')[0]).toBe('.x fill.C');
  });
});

describe('a sample', () => {
  it('is the same for the same seed, and another for another', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(sample(items, 20, 1)).toEqual(sample(items, 20, 1));
    expect(sample(items, 20, 1)).not.toEqual(sample(items, 20, 2));
    expect(new Set(sample(items, 20, 1)).size).toBe(20);
  });
});
