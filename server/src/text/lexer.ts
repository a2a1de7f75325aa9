/** A token of C++, as offsets into its source. Unfinished ones end with the source or the line. */
export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'character' | 'directive' | 'punctuation' | 'comment';
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const patterns = {
  space: /\s+/y,
  directive: /#(?:[^\n\\]|\\[^])*/y,
  comment: /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y,
  rawString: /(?:u8|u|U|L)?R"([^()\\\s]{0,16})\([^]*?(?:\)\1"|$)/y,
  string: /"(?:[^"\\\n]|\\[^])*(?:"\w*|(?=\n)|$)/y,
  character: /'(?:[^'\\\n]|\\[^])*(?:'|(?=\n)|$)/y,
  word: /[\p{L}_$][\p{L}\p{N}_$]*/uy,
  number: /\.?\d(?:[eEpP][+-]|[\w.']|)*/y,
  punctuation: /->\*|<<=|\.\.\.|::|->|<<|<=|>=|==|!=|&&|\|\||\+\+|--|\+=|-=|\*=|\/=|%=|[^]/y,
} as const;

/** Cuts C++ into tokens, comments included; never fails. `>>` is two tokens, because it may close two templates. */
export function lexAll(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let startsLine = true;
  const take = (name: keyof typeof patterns): string | undefined => {
    const pattern = patterns[name];
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    return found === '' ? undefined : found;
  };
  while (at < source.length) {
    const space = take('space');
    if (space !== undefined) {
      startsLine ||= space.includes('\n');
      at += space.length;
      continue;
    }
    const { kind, text } = next(take, startsLine);
    tokens.push({ kind, start: at, end: at + text.length, text });
    if (kind !== 'comment') startsLine = false;
    at += text.length;
  }
  return tokens;
}

/** The tokens that mean something to the compiler. */
export function lex(source: string): readonly Token[] {
  return lexAll(source).filter(({ kind }) => kind !== 'comment');
}

function next(
  take: (name: keyof typeof patterns) => string | undefined,
  startsLine: boolean,
): Pick<Token, 'kind' | 'text'> {
  const directive = startsLine ? take('directive') : undefined;
  if (directive !== undefined) return { kind: 'directive', text: directive };
  const raw = take('rawString');
  if (raw !== undefined) return { kind: 'string', text: raw };
  for (const kind of ['comment', 'string', 'character', 'word', 'number', 'punctuation'] as const) {
    const text = take(kind);
    if (text !== undefined) return { kind, text };
  }
  throw new Error('every character is a token');
}
