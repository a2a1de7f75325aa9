import { describe, expect, it } from 'vitest';
import { findUnbalanced } from '../../../server/src/text/balance.ts';
import { atCursor, callAround, enclosing } from '../../../server/src/text/cursor.ts';
import { splitItems } from '../../../server/src/text/items.ts';
import { lex } from '../../../server/src/text/lexer.ts';
import { Lines } from '../../../server/src/text/lines.ts';
import { declaredAround } from '../../../server/src/text/locals.ts';

/** Kinds and declared names of the items of a cell. */
function outline(source: string): string[] {
  return splitItems(source).map(({ kind, declares }) =>
    [kind, ...declares.map(({ name }) => name)].join(' '),
  );
}

/** The text without its cursor, and where that was. */
function cut(marked: string): [text: string, offset: number] {
  return [marked.replace('|', ''), marked.indexOf('|')];
}

describe('the lexer', () => {
  it('keeps strings, raw strings and comments in one piece, also unfinished ones', () => {
    const texts = lex('a = "x\\"y"; /* b */ c = R"--(d)")--"; "open\ne').map(({ text }) => text);
    expect(texts).toEqual(['a', '=', '"x\\"y"', ';', 'c', '=', 'R"--(d)")--"', ';', '"open', 'e']);
  });

  it('takes a directive with its continued lines, and only at the start of a line', () => {
    expect(lex('#define A \\\n 1\nb # c').map(({ kind }) => kind)).toEqual([
      'directive',
      'word',
      'punctuation',
      'word',
    ]);
  });
});

describe('the items of a cell', () => {
  it.each([
    ['TH1F h("h", "", 10, 0, 1);', ['declaration h']],
    ['TH1F *h = new TH1F, *g;', ['declaration h g']],
    ['std::vector<std::map<int, double>> v{1};', ['declaration v']],
    ['auto [a, b] = f();', ['declaration a b']],
    ['unsigned long long n = 3; n++;', ['declaration n', 'statement']],
    ['void f(int x) { x++; } f(3)', ['declaration f', 'statement']],
    ['double g(double);', ['declaration g']],
    [
      'Long64_t f(TBranch * b, bool c); Long64_t f(TObjArray * b) { return 1; }',
      ['declaration f', 'declaration f'],
    ],
    ['P::P(int x) : a(x) {}', ['declaration']],
    ['int P::f() const { return 1; }', ['declaration']],
    ['struct P { int a; } p; p.a = 3;', ['declaration P p', 'statement']],
    ['enum class E { a, b = 3 };', ['declaration E a b']],
    ['template <class T> T twice(T x) { return 2 * x; } twice(1);', ['declaration twice', 'statement']],
    ['namespace N { int a; } N::a = 1;', ['declaration N', 'statement']],
    ['using V = int; using namespace std;', ['declaration V', 'declaration']],
    ['h.Fill(3); h->Draw();', ['statement', 'statement']],
    ['std::cout << "a" << std::endl;', ['statement']],
    ['if (a) { b(); } else { c(); } d();', ['statement', 'statement']],
    ['if (a) b(); else c(); d();', ['statement', 'statement']],
    ['do { a(); } while (b); c();', ['statement', 'statement']],
    ['for (int i = 0; i < 3; i++) { f(i); } g();', ['statement', 'statement']],
    ['auto f = [](int x) { return x; }; f(1);', ['declaration f', 'statement']],
    ['x = 3', ['assignment x']],
    ['return 3; delete a; new TCanvas;', ['statement', 'statement', 'statement']],
    ['#include <vector>\n#define A 3\nint a;', ['directive', 'directive A', 'declaration a']],
    [".L it's.C\n%jsroot on\n!ls 'a\nint a;", ['command', 'command', 'command', 'declaration a']],
    ['%%cpp -d\nint f() { return 1; }', ['command', 'declaration f']],
    ['%%python\nimport ROOT', []],
    ['void (*f)(int) = g;', ['declaration f']],
  ])('of %s', (source, expected) => {
    expect(outline(source)).toEqual(expected);
  });
});

describe('what stands before the cursor', () => {
  it.each([
    ['h.|', 'h', '.', ''],
    ['a->GetX()->Fi|', 'a->GetX()', '->', 'Fi'],
    ['v[f(1)].x.|', 'v[f(1)].x', '.', ''],
    ['return std::max<int>(a, b).|', 'std::max<int>(a, b)', '.', ''],
    ['ROOT::RDF::|', 'ROOT::RDF', '::', ''],
    ['f(a, TMath::P|', 'TMath', '::', 'P'],
    ['(a + b).|', '(a + b)', '.', ''],
    ['"text"s.|', '"text"s', '.', ''],
  ])('in %s', (marked, receiver, operator, prefix) => {
    expect(atCursor(...cut(marked))).toMatchObject({ kind: 'member', receiver, operator, prefix });
  });

  it.each(['// a.|', '"a.|', '3.|', '#include <a.|'])('is nothing in %s', (marked) => {
    expect(atCursor(...cut(marked))).toEqual({ kind: 'nothing' });
  });

  it.each([
    ['a(b); c.|', 5, ';'],
    ['{ a; if (b.|', 4, '};'],
    ['f([](int x) { return x.|', 13, '});'],
    ['for (auto x : xs) x.|', 17, ';'],
    ['void f() { for (int i = 0; i < n.|', 10, '};'],
    ['std::vector<P> v{p.|', 0, ';'],
  ])('begins its statement at the right place: %s', (marked, statement, closers) => {
    const [text, offset] = cut(marked);
    expect(enclosing(text, 0, offset)).toMatchObject({ statement, closers });
  });

  it('knows the variable of the loop whose head it is in', () => {
    expect(
      enclosing(...([...cut('for (int i = 0; i.|')].toSpliced(1, 0, 0) as [string, number, number]))
        .initializer,
    ).toBe('int i = 0;');
  });

  it('finds the call around it and its argument', () => {
    expect(callAround(...cut('h.Fill(f(1, 2), {3, 4}, |'))).toEqual({ open: 6, calleeEnd: 6, argument: 2 });
    expect(callAround(...cut('if (|'))).toBeUndefined();
    expect(callAround(...cut('f(1); g|'))).toBeUndefined();
  });

  it('sees variables of the blocks that it is in, and no others', () => {
    const [text, offset] = cut('int a; void f(int b) { double c; { int d; } for (auto e : es) { | } }');
    expect(declaredAround(text, offset).map(({ name }) => name)).toEqual(['a', 'f', 'b', 'c', 'e']);
  });
});

describe('brackets', () => {
  it.each([
    ['f(1;', 1],
    ['int a[3;', 5],
    ['{ f(1) ', 0],
    ['a }', 2],
    ['a; /* b', 3],
    ['#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}', undefined],
    ['.L it(s.C\nint a;', undefined],
    ['"(" + \'(\';', undefined],
  ])('of %s', (source, offset) => {
    expect(findUnbalanced(source)?.offset).toBe(offset);
  });
});

describe('places', () => {
  it('are counted in UTF-16 units where the compiler counts bytes', () => {
    const text = '// é😀\r\n\tauto s = "😀"; x';
    const lines = new Lines(text);
    const at = text.indexOf('x');
    expect(lines.offsetOfBytes(2, lines.bytesBefore(at) + 1)).toBe(at);
    expect(lines.placeOf(at)).toEqual({ line: 1, character: 16 });
    expect(lines.offsetOf({ line: 1, character: 16 })).toBe(at);
  });
});
