import { describe, expect, it } from 'vitest';
import { macroToCells } from '../../../../client/src/notebooks/macro.ts';

const code = (source: string, name = 'macro'): readonly string[] =>
  macroToCells(source, name).map(({ kind, text }) => (kind === 'markdown' ? `md: ${text}` : text));

describe('a macro as a notebook', () => {
  it('keeps includes and helpers, and unpacks the function named as the file', () => {
    const source = `
/// A title.
#include "TH1D.h"
#include <vector>

double square(double x) { return x * x; }

void macro() {
   TH1D h("h", "", 10, 0, 1);
   // Fill it
   for (int i = 0; i < 3; ++i) {
      h.Fill(square(i)); // inside
   }
   // Draw it
   h.Draw();
}
`;
    expect(code(source)).toEqual([
      'md: A title.',
      '#include "TH1D.h"\n#include <vector>',
      'double square(double x) { return x * x; }',
      'TH1D h("h", "", 10, 0, 1);',
      '// Fill it\nfor (int i = 0; i < 3; ++i) {\n   h.Fill(square(i)); // inside\n}',
      '// Draw it\nh.Draw();',
    ]);
  });

  it('unpacks an unnamed macro', () => {
    expect(code('{\n  int a = 1;\n  a++;\n}\n')).toEqual(['int a = 1;\na++;']);
  });

  it('turns default parameters into variables and drops the last return', () => {
    expect(code('int macro(int n = 3) {\n  n++;\n  return n;\n}')).toEqual(['int n = 3;\nn++;']);
  });

  it('leaves a function whole whose parameters have no values', () => {
    expect(code('void macro(int n) { n++; }')).toEqual(['void macro(int n) { n++; }']);
  });

  it.each([
    ['a class', 'class A {\npublic:\n  int x;\n};'],
    ['an initialised array', 'int a[] = {1, 2};'],
    ['if and else', 'if (a) { b(); } else { c(); }'],
    ['a comment with a brace', 'int a; // }'],
    ['strings with braces', 'auto s = "}{"; '],
    ['a raw string', 'auto s = R"(;}{")";'],
    ['digit separators', "int a = 1'000'000;"],
    ['a template', 'template <typename T>\nT twice(T x) {\n  return 2 * x;\n}'],
    ['a lambda', 'auto f = [](int x) { return x; };'],
    ['do while', 'do { a(); } while (b);'],
    ['try and catch', 'try { a(); } catch (...) { b(); }'],
  ])('keeps %s in one cell', (_, source) => {
    expect(code(source)).toEqual([source.trim()]);
  });

  it('loses nothing of a broken macro', () => {
    expect(code('void f() {\n  int a = 1;\n').join('')).toContain('int a = 1;');
    expect(code('/* no end').join('')).toContain('no end');
    expect(code('')).toEqual([]);
  });
});
