import { lex, type Token } from './lexer.ts';
import { declaredNames, type Declared } from './declared.ts';

/**
 * A piece of a cell or macro at its top level. `command`: a magic, a shell line or a dot command of the ROOT prompt.
 * `assignment`: `x = 3;`, which at the prompt declares `x` when nothing bears that name.
 */
export interface Item {
  readonly kind: 'directive' | 'command' | 'declaration' | 'assignment' | 'statement';
  readonly start: number;
  readonly end: number;
  /** What it makes known to what follows. */
  readonly declares: readonly Declared[];
}

const typeKeywords = new Set(['class', 'struct', 'union', 'enum']);
const controlKeywords = new Set(['if', 'for', 'while', 'switch', 'try', 'do', '{', 'else']);

/** Top-level items in order. A cell of another language (`%%python`, `%%bash`) has none. */
export function splitItems(source: string): readonly Item[] {
  const items: Item[] = [];
  let from = 0;
  const magic = /^\s*%%(\w+)[^\n]*/.exec(source);
  if (magic) {
    if (magic[1] !== 'cpp' && magic[1] !== 'time' && magic[1] !== 'timeit') return [];
    from = magic[0].length;
    items.push({ kind: 'command', start: magic[0].search(/\S/), end: from, declares: [] });
  }
  let tokens = lex(source.slice(from)).map((token) => shifted(token, from));
  while (tokens.length > 0) {
    const [first] = tokens;
    if (!first) break;
    const command = commandAt(source, first.start);
    if (command !== undefined) {
      items.push({ kind: 'command', start: first.start, end: command, declares: [] });
      // Lexed afresh: a quote in a command is no string.
      tokens = lex(source.slice(command)).map((token) => shifted(token, command));
      continue;
    }
    const count = first.kind === 'directive' ? 1 : itemLength(tokens);
    items.push(toItem(tokens.slice(0, count)));
    tokens = tokens.slice(count);
  }
  return items;
}

function shifted(token: Token, by: number): Token {
  return { ...token, start: token.start + by, end: token.end + by };
}

/** Where the command ends that begins here, if one does. */
function commandAt(source: string, start: number): number | undefined {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  if (source.slice(lineStart, start).trim() !== '') return undefined;
  const end = source.indexOf('\n', start);
  const line = source.slice(start, end < 0 ? source.length : end);
  const isCommand =
    /^(%\w|!|\?\w|\.(L|x|X|U|!|\?|q|g|class|files|I|O|ls|pwd|include|undo|T|D|typedef|namespace|help|del|stats)\b|\.[!?])/.test(
      line,
    );
  return isCommand ? start + line.length : undefined;
}

function toItem(tokens: readonly Token[]): Item {
  const [first] = tokens;
  const last = tokens.at(-1);
  if (!first || !last) throw new Error('an item has tokens');
  const place = { start: first.start, end: last.end };
  if (first.kind === 'directive') {
    const name = /^#\s*define\s+(\w+)/.exec(first.text)?.[1];
    const declares =
      name === undefined ? [] : [{ name, kind: 'macro' as const, start: first.start, identity: '' }];
    return { kind: 'directive', ...place, declares };
  }
  const declares = declaredNames(tokens);
  if (declares) return { kind: 'declaration', ...place, declares };
  const isAssignment = first.kind === 'word' && tokens[1]?.text === '=' && tokens.length > 2;
  if (!isAssignment) return { kind: 'statement', ...place, declares: [] };
  const name = { name: first.text, kind: 'variable' as const, start: first.start, identity: '' };
  return { kind: 'assignment', ...place, declares: [name] };
}

/** How many tokens the first item has: to its `;`, or to the brace that ends a body. */
function itemLength(tokens: readonly Token[]): number {
  const first = tokens[0]?.text ?? '';
  const keyword = first === 'template' ? 'template' : first;
  let depth = 0;
  let hasParenthesis = false;
  let hasEquals = false;
  let isBody = false;
  for (const [i, { kind, text }] of tokens.entries()) {
    if (kind === 'directive' && depth === 0) return i;
    if (kind !== 'punctuation') continue;
    if (text === '(' || text === '[') {
      depth++;
      hasParenthesis ||= text === '(';
    } else if (text === ')' || text === ']') depth--;
    else if (text === '{') {
      if (depth === 0) isBody = !hasEquals && (hasParenthesis || isBodyKeyword(tokens, keyword));
      depth++;
    } else if (text === '}') {
      depth--;
      if (depth <= 0 && isBody && !goesOn(keyword, tokens[i + 1]?.text)) return i + 1;
    } else if (text === ';' && depth <= 0 && !(keyword === 'if' && tokens[i + 1]?.text === 'else'))
      return i + 1;
    else if (text === '=' && depth === 0) hasEquals = true;
  }
  return tokens.length;
}

function isBodyKeyword(tokens: readonly Token[], keyword: string): boolean {
  const named = tokens.slice(0, 2).map(({ text }) => text);
  return controlKeywords.has(keyword) || named.includes('namespace') || keyword === 'extern';
}

/** Whether an item goes on after a closing brace. */
function goesOn(keyword: string, next: string | undefined): boolean {
  if (keyword === 'if' && next === 'else') return true;
  if (keyword === 'try' && next === 'catch') return true;
  if (keyword === 'do') return next === 'while';
  // `struct P { void f() {} } p;` and initialisers like `T x(a){...};`.
  return (
    typeKeywords.has(keyword) || (next === ';' && !controlKeywords.has(keyword) && keyword !== 'namespace')
  );
}
