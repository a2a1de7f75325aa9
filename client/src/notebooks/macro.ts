/** A cell of the notebook that a macro becomes. */
export interface MacroCell {
  readonly kind: 'code' | 'markdown';
  readonly text: string;
}

/** A piece of a macro that stands by itself. */
interface Piece {
  readonly kind: 'comment' | 'code';
  readonly text: string;
}

/**
 * Cuts a macro into cells: includes and helpers first, then the body of its main function (the one named as the file,
 * or the only block of an unnamed macro), a new cell at each comment that stands on lines of its own.
 */
export function macroToCells(source: string, name: string): readonly MacroCell[] {
  const text = source.replaceAll('\r\n', '\n');
  const pieces = topLevelPieces(text).filter((piece) => piece.text.trim() !== '');
  const main = pieces.findIndex((piece) => piece.kind === 'code' && bodyOf(piece.text, name) !== undefined);
  const cells = pieces.flatMap((piece, index): MacroCell[] => {
    if (piece.kind === 'comment') return [{ kind: 'markdown', text: toMarkdown(piece.text) }];
    const body = index === main ? bodyOf(piece.text, name) : undefined;
    return body === undefined ? [{ kind: 'code', text: piece.text.trim() }] : statementCells(body);
  });
  return mergeHelpers(cells.filter((cell) => cell.text !== ''));
}

/** Statements of the main function; a comment above a statement begins a cell and stays with it. */
function statementCells(body: string): MacroCell[] {
  const cells: string[] = [];
  for (const piece of topLevelPieces(dedent(body))) {
    const last = cells.length - 1;
    const before = cells[last];
    if (before === undefined || piece.kind === 'comment') cells.push(piece.text);
    else cells[last] = `${before.trimEnd()}\n${piece.text}`;
  }
  return cells.map((text) => ({ kind: 'code', text: withoutReturn(text.trim()) }));
}

/** `return` at the end of a function has nothing to return from in a cell. */
function withoutReturn(text: string): string {
  return text.replace(/\n?[ \t]*return\b[^;{}]*;\s*$/, '').trim();
}

/** What stands between the braces of the main function, or of a macro that is one unnamed block. */
function bodyOf(text: string, name: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('{') && trimmed.endsWith('}')) return trimmed.slice(1, -1);
  const escaped = name.replace(/[^\w]/g, '\\$&');
  const head = new RegExp(
    `^(?:void|int|Int_t|auto|TCanvas\\s*\\*|[\\w:<>*& ]+?)\\s*\\b${escaped}\\s*\\(([^)]*)\\)\\s*\\{`,
  );
  const found = head.exec(trimmed);
  // With parameters the body would miss their values, unless all have defaults, which become variables.
  if (!found || !trimmed.endsWith('}')) return undefined;
  const parameters = (found[1] ?? '').trim();
  const declarations =
    parameters === '' || parameters === 'void' ? [] : parameters.split(',').map((each) => each.trim());
  if (!declarations.every((each) => each.includes('='))) return undefined;
  const variables = declarations.map((each) => `${each};\n`).join('');
  return `${variables}${trimmed.slice(found[0].length, -1)}`;
}

/** Short pieces of code in a row (includes, helper functions) share a cell. */
function mergeHelpers(cells: readonly MacroCell[]): readonly MacroCell[] {
  const merged: MacroCell[] = [];
  const isDirective = (cell: MacroCell | undefined): cell is MacroCell =>
    cell?.kind === 'code' && /^(#|using\b)/.test(cell.text) && !cell.text.includes('{');
  for (const cell of cells) {
    const last = merged.at(-1);
    if (isDirective(last) && isDirective(cell))
      merged[merged.length - 1] = { ...last, text: `${last.text}\n${cell.text}` };
    else merged.push(cell);
  }
  return merged;
}

function toMarkdown(comment: string): string {
  return comment
    .split('\n')
    .map((line) =>
      line
        .replace(/^\s*(\/\/[/!<]*|\/\*[*!]*|\*\/|\*(?!\*))/, '')
        .replace(/\*+\/\s*$/, '')
        .replace(/^ /, '')
        .trimEnd(),
    )
    .map((line) =>
      line
        .replace(/^\\(file|ingroup|notebook|author|date|macro_\w+|preview)\b.*$/, '')
        .replace(/^\\brief\s+/, ''),
    )
    .join('\n')
    .trim();
}

function dedent(text: string): string {
  const lines = text.split('\n');
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  // The first line may follow the brace directly.
  const least = Math.min(...indents.slice(lines[0]?.trim() === '' ? 0 : 1), Infinity);
  return lines.map((line) => (line.slice(0, least).trim() === '' ? line.slice(least) : line)).join('\n');
}

/** Top-level declarations, statements, directives and comments on lines of their own, in order; none is lost. */
function topLevelPieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let at = 0;
  const close = (end: number, kind: Piece['kind']): void => {
    const piece = text.slice(start, end);
    const last = pieces.at(-1);
    const joins = kind === 'comment' && last?.kind === 'comment' && !/\n[ \t]*\n/.test(piece);
    if (piece.trim() === '') return;
    if (joins) pieces[pieces.length - 1] = { kind, text: `${last.text.trimEnd()}\n${piece.trim()}` };
    else pieces.push({ kind, text: piece.replace(/^\n+/, '').trimEnd() });
    start = end;
  };
  while (at < text.length) {
    const isStart = text.slice(start, at).trim() === '';
    const token = tokenAt(text, at);
    if (token.kind === 'comment') {
      const isOwnLine = isStart && /(^|\n)[ \t]*$/.test(text.slice(0, at));
      at = token.end;
      if (isOwnLine) close(at, 'comment');
    } else if (token.kind === 'open') {
      at = closingOf(text, at);
      const end = endOfDeclaration(text, at, text.slice(start, at));
      if (text[at - 1] === '}' && end !== undefined) close((at = end), 'code');
    } else if (token.kind === 'directive' && isStart) {
      close((at = token.end), 'code');
    } else {
      at = token.end;
      if (token.kind === 'semicolon') close((at = restOfLine(text, at)), 'code');
    }
  }
  close(text.length, 'code');
  return pieces;
}

/** Where a piece ends that closed a brace at `at`, or nothing while it goes on (`else`, an initializer, `do … while`). */
function endOfDeclaration(text: string, at: number, piece: string): number | undefined {
  const rest = text.slice(at);
  if (/^\s*(else|catch|while)\b/.test(rest) && !(/^\s*while/.test(rest) && !/^\s*do\b/.test(piece)))
    return undefined;
  if (/^\s*[;,.)\]=(*+-]/.test(rest)) return undefined;
  // A class without `;` or a name after the brace goes on to its semicolon.
  if (/^\s*(class|struct|union|enum)\b[^()]*\{/.test(piece) && /^\s*\w/.test(rest)) return undefined;
  return restOfLine(text, at);
}

/** Takes a comment at the end of the line along. */
function restOfLine(text: string, at: number): number {
  const found = /^[ \t]*\/\/[^\n]*/.exec(text.slice(at));
  return at + (found?.[0].length ?? 0);
}

/** End of the bracket that opens at `at`. */
function closingOf(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token.kind === 'open') depth += 1;
    if (token.kind === 'close') depth -= 1;
    at = token.end;
    if (depth === 0) return at;
  }
  return at;
}

interface Token {
  readonly kind: 'comment' | 'open' | 'close' | 'semicolon' | 'directive' | 'other';
  readonly end: number;
}

function tokenAt(text: string, at: number): Token {
  const rest = text.slice(at, at + 2);
  const first = rest[0] ?? '';
  if (rest === '//') return { kind: 'comment', end: endOf(text, '\n', at) };
  if (rest === '/*')
    return { kind: 'comment', end: endOf(text, '*/', at + 2) + (text.includes('*/', at + 2) ? 2 : 0) };
  if (first === '#' && /(^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 80), at))) {
    const line = /^(?:\\\n|[^\n])*/.exec(text.slice(at));
    return { kind: 'directive', end: at + (line?.[0].length ?? 1) };
  }
  const raw = /^R"([^\s()\\]{0,16})\(/.exec(text.slice(at, at + 20));
  if (raw) return { kind: 'other', end: endOf(text, `)${raw[1] ?? ''}"`, at) + 2 + (raw[1]?.length ?? 0) };
  if (first === '"')
    return { kind: 'other', end: at + (/^"(?:\\[^]|[^"\\\n])*"?/.exec(text.slice(at))?.[0].length ?? 1) };
  // A quote after a digit separates digits.
  if (first === "'" && !/\d/.test(text[at - 1] ?? '')) {
    return { kind: 'other', end: at + (/^'(?:\\[^]|[^'\\\n])*'?/.exec(text.slice(at))?.[0].length ?? 1) };
  }
  if ('({['.includes(first)) return { kind: 'open', end: at + 1 };
  if (')}]'.includes(first)) return { kind: 'close', end: at + 1 };
  return { kind: first === ';' ? 'semicolon' : 'other', end: at + 1 };
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}
