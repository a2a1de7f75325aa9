import type { Introspector } from '../introspection/introspector.ts';
import { findUnbalanced } from '../text/balance.ts';
import { wordAt } from '../text/cursor.ts';
import { splitItems } from '../text/items.ts';
import { lex } from '../text/lexer.ts';
import { Lines } from '../text/lines.ts';
import { endMark, type Source, toProgram, withoutOurNames } from '../text/program.ts';

/** Something the compiler says about a text. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** Places that belong to it. */
  readonly notes: readonly {
    readonly source: string;
    readonly message: string;
    readonly start: number;
    readonly end: number;
  }[];
}

/**
 * What is wrong with each of these texts, which are one program. Texts after one whose brackets do not match are not looked at,
 * and are missing.
 *
 * @returns undefined when the compiler gave no answer.
 */
export async function diagnose(
  sources: readonly Source[],
  folder: string,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Problem[]> | undefined> {
  const problems = new Map<string, readonly Problem[]>();
  const whole: Source[] = [];
  for (const source of sources) {
    const unbalanced = findUnbalanced(source.text);
    if (unbalanced) {
      const { offset, message } = unbalanced;
      problems.set(source.name, [{ severity: 'error', message, start: offset, end: offset + 1, notes: [] }]);
      break;
    }
    whole.push(source);
  }
  if (whole.length === 0) return problems;
  const output = await introspector.compile(toProgram(whole).text, folder, signal);
  if (output === undefined) return undefined;
  for (const { name } of whole) problems.set(name, []);
  for (const [name, found] of parseProblems(output, whole)) problems.set(name, found);
  return problems;
}

/** Reads what clang prints. */
function parseProblems(output: string, sources: readonly Source[]): ReadonlyMap<string, readonly Problem[]> {
  const byName = new Map(sources.map(({ name, text }) => [name, { text, lines: new Lines(text) }]));
  const problems = new Map<string, (Problem & { notes: Problem['notes'][number][] })[]>();
  let last: { notes: Problem['notes'][number][] } | undefined;
  const pattern = /^(.+?):(\d+):(\d+): (fatal error|error|warning|note): (.*)$/gm;
  for (const [, name = '', line, column, severity, words = ''] of output.matchAll(pattern)) {
    const source = byName.get(name);
    const message = withoutOurNames(
      words.replace(/ \[(Semantic Issue|Parse Issue|Lexical or Preprocessor Issue)\]$/, ''),
    );
    if (severity !== 'note') last = undefined;
    if (!source || message.includes(endMark) || isFineAtPrompt(message)) continue;
    const start = source.lines.offsetOfBytes(Number(line), Number(column));
    if (message.includes('-Wreturn-type') && isInMain(source.text, start)) continue;
    const place = { start, end: endOf(source.text, start) };
    if (severity === 'note') last?.notes.push({ source: name, message, ...place });
    else {
      const problem = {
        severity: severity === 'warning' ? ('warning' as const) : ('error' as const),
        message,
        ...place,
        notes: [],
      };
      problems.set(name, [...(problems.get(name) ?? []), problem]);
      last = problem;
    }
  }
  return problems;
}

/** `int main()` may end without a value, which the compiler does not know of one in a namespace of ours. */
function isInMain(text: string, offset: number): boolean {
  const item = splitItems(text).find(({ start, end }) => start <= offset && offset <= end);
  return item?.declares[0]?.name === 'main';
}

/** The default canvas exists once something is drawn; a value that is shown is used. */
function isFineAtPrompt(message: string): boolean {
  return (
    message.startsWith("use of undeclared identifier 'c1'") || message.includes('result unused [-Wunused')
  );
}

function endOf(text: string, start: number): number {
  const word = wordAt(text, start);
  if (word && word.end > start) return word.end;
  const token = lex(text.slice(start, start + 200))[0];
  return token?.text !== undefined && token.start === 0
    ? start + (token.text.split('\n')[0] ?? '').length
    : start + 1;
}
