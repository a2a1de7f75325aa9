import type { Token } from './lexer.ts';

/** A name that a declaration makes known. */
export interface Declared {
  readonly name: string;
  readonly kind: 'variable' | 'function' | 'class' | 'enum' | 'type' | 'namespace' | 'macro';
  /** Offset of the name. */
  readonly start: number;
  /** What two definitions of a function need to have in common to be the same one; empty for prototypes. */
  readonly identity: string;
}

const specifiers = new Set(
  'static const constexpr inline extern volatile mutable thread_local virtual explicit friend register'.split(
    ' ',
  ),
);
const builtin = new Set('unsigned signed long short int char double float bool void auto wchar_t'.split(' '));
const statements = new Set(
  (
    'return delete new throw goto if for while switch do try case default break continue else co_return co_await ' +
    'co_yield sizeof this operator true false nullptr'
  ).split(' '),
);

/** What the tokens of an item declare, or undefined when it is no declaration. An empty list: it declares no new name. */
export function declaredNames(tokens: readonly Token[]): readonly Declared[] | undefined {
  let at = 0;
  const text = (i: number): string => tokens[i]?.text ?? '';
  while (text(at) === 'template') at = pastAngles(tokens, at + 1);
  while (specifiers.has(text(at)) || text(at) === '[[') at++;
  const head = tokens[at];
  const first = head?.text;
  if (!head || first === undefined) return undefined;
  if (first === 'using') return text(at + 2) === '=' ? [declared(tokens[at + 1], 'type')] : [];
  if (first === 'typedef') return lastWord(tokens);
  if (first === 'static_assert' || (tokens[0]?.text === 'extern' && head.kind === 'string')) return [];
  if (first === 'namespace') return text(at + 1) === '{' ? [] : [declared(tokens[at + 1], 'namespace')];
  if (first === 'class' || first === 'struct' || first === 'union' || first === 'enum')
    return typeNames(tokens, at);
  return variableNames(tokens, at);
}

function declared(token: Token | undefined, kind: Declared['kind'], identity = ''): Declared {
  return { name: token?.text ?? '', kind, start: token?.start ?? 0, identity };
}

function lastWord(tokens: readonly Token[]): readonly Declared[] {
  const last = tokens.findLast(({ kind }) => kind === 'word');
  return last ? [declared(last, 'type')] : [];
}

function typeNames(tokens: readonly Token[], start: number): readonly Declared[] {
  let at = start + 1;
  if (tokens[at]?.text === 'class' || tokens[at]?.text === 'struct') at++;
  const name = tokens[at];
  const kind = tokens[start]?.text === 'enum' ? 'enum' : 'class';
  const open = tokens.findIndex(({ text }) => text === '{');
  if (open < 0) return variableNames(tokens, at) ?? [];
  const close = pastBracket(tokens, open);
  const own = name?.kind === 'word' ? [declared(name, kind, name.text)] : [];
  const constants = kind === 'enum' ? enumerators(tokens.slice(open + 1, close - 1)) : [];
  return [...own, ...constants, ...declarators(tokens, close)];
}

function enumerators(tokens: readonly Token[]): readonly Declared[] {
  return tokens
    .filter(({ kind }, i) => kind === 'word' && (i === 0 || tokens[i - 1]?.text === ','))
    .map((token) => declared(token, 'variable', token.text));
}

/** `T x`, `T *x = ...`, `auto [a, b] = ...`, `T f(...)`, `T K::f(...) {`. */
function variableNames(tokens: readonly Token[], start: number): readonly Declared[] | undefined {
  const isDefinition = tokens.at(-1)?.text === '}';
  let at = pastType(tokens, start);
  if (at === undefined) return isDefinition && isMemberDefinition(tokens, start) ? [] : undefined;
  const typeEnd = at;
  while (['*', '&', '&&', 'const'].includes(tokens[at]?.text ?? '')) at++;
  if (tokens[at]?.text === '[' && tokens[typeEnd - 1]?.text === 'auto') {
    const close = pastBracket(tokens, at);
    return tokens
      .slice(at + 1, close - 1)
      .filter(({ kind }) => kind === 'word')
      .map((each) => declared(each, 'variable', each.text));
  }
  if (tokens[at]?.text === '(')
    return (
      functionPointer(tokens, at) ?? (isDefinition && isMemberDefinition(tokens, start) ? [] : undefined)
    );
  const name = tokens[at];
  if (name?.kind !== 'word' || (statements.has(name.text) && name.text !== 'operator'))
    return isDefinition && isMemberDefinition(tokens, start) ? [] : undefined;
  if (name.text === 'operator') return [];
  const after = tokens[at + 1]?.text;
  // Members of classes: declared there.
  if (after === '::') return [];
  if (after === '(' && (isDefinition || isPrototype(tokens, at + 1))) {
    const identity = isDefinition ? parametersOf(tokens, at + 1) : '';
    return [declared(name, 'function', identity)];
  }
  if (after !== undefined && !['=', '(', '{', '[', ';', ',', ':'].includes(after)) return undefined;
  return declarators(tokens, at);
}

/** `void (*f)(int) = ...`: told from a call by the star. */
function functionPointer(tokens: readonly Token[], open: number): readonly Declared[] | undefined {
  const name = tokens[open + 2];
  return tokens[open + 1]?.text === '*' &&
    name?.kind === 'word' &&
    tokens[open + 3]?.text === ')' &&
    tokens[open + 4]?.text === '('
    ? [declared(name, 'variable', name.text)]
    : undefined;
}

/** `K::K(int x) : a(x) {...}`: no type before the name. */
function isMemberDefinition(tokens: readonly Token[], start: number): boolean {
  const open = tokens.findIndex(({ text }, i) => i > start && text === '(');
  const isControl = statements.has(tokens[start]?.text ?? '') || tokens[start]?.kind !== 'word';
  return (
    !isControl &&
    open > 0 &&
    ['{', ':', 'const', 'noexcept', '->'].includes(tokens[pastBracket(tokens, open)]?.text ?? '')
  );
}

/** `T f(int x, double);` rather than `T x(3, y);` */
function isPrototype(tokens: readonly Token[], open: number): boolean {
  if (tokens[open + 1]?.text === ')' || tokens[open + 1]?.text === 'void') return true;
  const typeEnd = pastType(tokens, open + 1);
  if (typeEnd === undefined) return false;
  let at = typeEnd;
  while (['*', '&', '&&', 'const'].includes(tokens[at]?.text ?? '')) at++;
  const isPointer = at > typeEnd;
  if (tokens[at]?.kind === 'word') return true;
  const isType = isPointer || builtin.has(tokens[open + 1]?.text ?? '') || tokens[open + 1]?.text === 'const';
  return isType && [',', ')', '=', '['].includes(tokens[at]?.text ?? '');
}

/** The types of the parameters, as far as they are seen in the text. */
function parametersOf(tokens: readonly Token[], open: number): string {
  return tokens
    .slice(open, pastBracket(tokens, open))
    .map(({ text }) => text)
    .join(' ');
}

/** `x = 1, *y, z(3);` */
function declarators(tokens: readonly Token[], start: number): readonly Declared[] {
  const names: Declared[] = [];
  let expected = true;
  for (let i = start; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) break;
    if (expected && token.kind === 'word' && token.text !== 'const') {
      names.push(declared(token, 'variable', token.text));
      expected = false;
    } else if (token.text === ',') expected = true;
    else if (['(', '{', '['].includes(token.text)) i = pastBracket(tokens, i) - 1;
  }
  return names;
}

/** The index after a type that starts here. */
export function pastType(tokens: readonly Token[], start: number): number | undefined {
  let at = start;
  while (tokens[at]?.text === 'const' || tokens[at]?.text === 'typename' || tokens[at]?.text === 'struct')
    at++;
  if (builtin.has(tokens[at]?.text ?? '')) {
    while (builtin.has(tokens[at]?.text ?? '') || tokens[at]?.text === 'const') at++;
    return at;
  }
  if (tokens[at]?.text === '::') at++;
  for (;;) {
    const word = tokens[at];
    if (word?.kind !== 'word' || statements.has(word.text)) return undefined;
    at++;
    if (tokens[at]?.text === '<') at = pastAngles(tokens, at);
    if (tokens[at]?.text !== '::') return at;
    at++;
  }
}

/** The index after the bracket that closes this one. */
function pastBracket(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.text ?? '';
    if (text === '(' || text === '[' || text === '{') depth++;
    else if (text === ')' || text === ']' || text === '}') depth--;
    if (depth === 0) return i + 1;
  }
  return tokens.length;
}

/** The index after `<...>`, or the same one where that is no template. */
function pastAngles(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.text ?? '';
    if (text === '<') depth++;
    else if (text === '>') depth--;
    else if (text === '(') i = pastBracket(tokens, i) - 1;
    else if (text === ';' || text === '{' || text === '<<' || text === '||') return open;
    if (depth === 0) return i + 1;
  }
  return open;
}
