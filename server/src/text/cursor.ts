import { lex, lexAll, type Token } from './lexer.ts';

/** What stands before the cursor. */
export type AtCursor =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'name'; readonly prefix: string }
  | {
      readonly kind: 'member';
      /** The expression, or the qualifier of `::`. */
      readonly receiver: string;
      readonly operator: '.' | '->' | '::';
      readonly prefix: string;
    };

/** The expression at an offset: what completion there has to go on. Nothing inside comments, literals and directives. */
export function atCursor(source: string, offset: number): AtCursor {
  const before = lexAll(source.slice(0, offset));
  const inside = before.at(-1);
  if (
    inside?.end === offset &&
    ['comment', 'string', 'character', 'directive', 'number'].includes(inside.kind) &&
    !isClosed(inside)
  )
    return { kind: 'nothing' };
  const tokens = before.filter(({ kind }) => kind !== 'comment');
  const last = tokens.at(-1);
  const prefix = last?.kind === 'word' && last.end === offset ? last.text : '';
  if (prefix !== '') tokens.pop();
  const operator = tokens.at(-1)?.text;
  if (operator !== '.' && operator !== '->' && operator !== '::') return { kind: 'name', prefix };
  const end = tokens.at(-1)?.start ?? 0;
  const start = receiverStart(tokens.slice(0, -1));
  const receiver = source.slice(start ?? end, end).trim();
  if (receiver === '' && operator !== '::') return { kind: 'nothing' };
  return { kind: 'member', receiver, operator, prefix };
}

/** A literal that ends right before the cursor, which is therefore outside. */
function isClosed({ kind, text }: Token): boolean {
  if (kind === 'comment') return text.startsWith('/*') && text.length > 3 && text.endsWith('*/');
  if (kind === 'string') return /"[^]*"\w*$/.test(text);
  return kind === 'character' && text.length > 1 && text.endsWith("'");
}

/** Offset at which the postfix expression begins that these tokens end with. */
function receiverStart(tokens: readonly Token[]): number | undefined {
  let at = tokens.length - 1;
  let start: number | undefined;
  while (at >= 0) {
    const token = tokens[at];
    if (!token) break;
    if (token.text === ')' || token.text === ']' || token.text === '}') {
      at = beforeOpening(tokens, at);
      start = tokens[at + 1]?.start;
      const name = tokens[at];
      const isCallee =
        name?.kind === 'word' ? !keywords.has(name.text) : [')', ']', '>'].includes(name?.text ?? '');
      if (!isCallee) return start;
      continue;
    }
    if (token.text === '>') {
      at = beforeAngles(tokens, at);
      continue;
    }
    if (token.kind === 'punctuation' || token.kind === 'directive' || keywords.has(token.text)) return start;
    start = token.start;
    if (!['.', '->', '::'].includes(tokens[at - 1]?.text ?? '')) return start;
    at -= 2;
  }
  return start;
}

const keywords = new Set([
  'return',
  'if',
  'while',
  'for',
  'switch',
  'delete',
  'throw',
  'case',
  'else',
  'new',
]);

function beforeOpening(tokens: readonly Token[], close: number): number {
  let depth = 0;
  let at = close;
  for (; at >= 0; at--) {
    const text = tokens[at]?.text ?? '';
    if (text === ')' || text === ']' || text === '}') depth++;
    else if (text === '(' || text === '[' || text === '{') depth--;
    if (depth === 0) break;
  }
  return at - 1;
}

function beforeAngles(tokens: readonly Token[], close: number): number {
  let depth = 0;
  let at = close;
  for (; at >= 0; at--) {
    const text = tokens[at]?.text ?? '';
    if (text === '>') depth++;
    else if (text === '<') depth--;
    if (depth === 0 || text === ';') break;
  }
  return at - 1;
}

/** The blocks around an offset. */
export interface Enclosing {
  /** Where the statement begins that holds the offset: what is before it is compiled as it is. */
  readonly statement: number;
  /** What closes the brackets that are open there, with a `;`. */
  readonly closers: string;
  /** `int i = 0;` of the `for` that holds the offset. */
  readonly initializer: string;
}

interface Open {
  readonly text: string;
  readonly end: number;
  readonly isBlock: boolean;
  readonly isLoop: boolean;
  readonly statement: number;
}

/** @param from where the top-level item begins that holds the offset. */
export function enclosing(source: string, from: number, offset: number): Enclosing {
  const open: Open[] = [];
  const text = source.slice(from, offset);
  let statement = 0;
  let initializer = '';
  const tokens = lex(text);
  for (const [i, token] of tokens.entries()) {
    const innermost = open.at(-1);
    if (token.text === '{' || token.text === '(' || token.text === '[') {
      const before = tokens[i - 1];
      const isBlock = token.text === '{' && opensBlock(before, tokens[i - 2]);
      open.push({ text: token.text, end: token.end, isBlock, isLoop: before?.text === 'for', statement });
      if (isBlock) statement = token.end;
    } else if (token.text === '}' || token.text === ')' || token.text === ']') {
      const closed = open.pop();
      if (closed?.isLoop || ['if', 'while'].includes(headOf(tokens, i))) statement = token.end;
      else if (closed?.isBlock) statement = isStatementEnd(tokens[i + 1]) ? token.end : closed.statement;
      if (closed?.isLoop) initializer = '';
    } else if (token.text === ';' && (!innermost || innermost.isBlock)) statement = token.end;
    else if (token.text === ';' && innermost?.isLoop && initializer === '')
      initializer = text.slice(innermost.end, token.end);
  }
  // A loop's body without braces leaves its head open: closed by the block that the probe stands in.
  const closers = open
    .filter(({ end }) => end <= statement)
    .map((each) => ({ '{': '}', '(': ')', '[': ']' })[each.text] ?? '')
    .reverse()
    .join('');
  const inLoop = open.at(-1)?.isLoop === true;
  return { statement: from + statement, closers: `${closers};`, initializer: inLoop ? initializer : '' };
}

/** The word before the parentheses that end here. */
function headOf(tokens: readonly Token[], close: number): string {
  return tokens[close]?.text === ')' ? (tokens[beforeOpening(tokens, close)]?.text ?? '') : '';
}

function opensBlock(before: Token | undefined, second: Token | undefined): boolean {
  if (!before) return true;
  if (before.kind === 'word')
    return (
      ['else', 'do', 'try', 'const', 'noexcept', 'mutable', 'override', 'final'].includes(before.text) ||
      ['struct', 'class', 'namespace', 'union', '->', ':', 'public'].includes(second?.text ?? '')
    );
  return [')', ';', '{', '}', ':', ']'].includes(before.text);
}

function isStatementEnd(next: Token | undefined): boolean {
  return !next || !['(', ')', ',', ';', ']', '.', '->'].includes(next.text);
}

/** The call whose parentheses hold an offset. */
export interface Call {
  /** Offset of its `(` or `{`. */
  readonly open: number;
  /** Offset of the end of what is called. */
  readonly calleeEnd: number;
  /** Which argument the offset is in, counted from 0. */
  readonly argument: number;
}

export function callAround(source: string, offset: number): Call | undefined {
  const tokens = lex(source.slice(0, offset));
  const open: { readonly at: number; commas: number }[] = [];
  for (const [i, { text }] of tokens.entries()) {
    if (text === '(' || text === '{' || text === '[') open.push({ at: i, commas: 0 });
    else if (text === ')' || text === '}' || text === ']') open.pop();
    else if (text === ';' && tokens[open.at(-1)?.at ?? -1]?.text !== '(') open.length = 0;
    else if (text === ',') {
      const innermost = open.at(-1);
      if (innermost) innermost.commas++;
    }
  }
  const found = open.findLast(({ at }) => tokens[at]?.text === '(');
  const parenthesis = found ? tokens[found.at] : undefined;
  const callee = found ? tokens[found.at - 1] : undefined;
  if (!found || !parenthesis || !callee) return undefined;
  if (callee.kind !== 'word' && callee.text !== '>') return undefined;
  if (keywords.has(callee.text)) return undefined;
  return { open: parenthesis.start, calleeEnd: callee.end, argument: found.commas };
}

/** The word at an offset, its end included. */
export function wordAt(
  source: string,
  offset: number,
): { readonly start: number; readonly end: number; readonly text: string } | undefined {
  return lex(source).find(({ kind, start, end }) => kind === 'word' && start <= offset && offset <= end);
}
