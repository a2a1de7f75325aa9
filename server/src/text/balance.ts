import { splitItems } from './items.ts';
import { lexAll } from './lexer.ts';

/** A bracket without its partner. */
export interface Unbalanced {
  readonly offset: number;
  readonly message: string;
}

const partners: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The first bracket, comment or raw string that is not closed, or closes nothing: the compiler would never end with it. */
export function findUnbalanced(source: string): Unbalanced | undefined {
  let open: { text: string; start: number }[] = [];
  const branches: (typeof open)[] = [];
  const commands = splitItems(source).filter(({ kind }) => kind === 'command');
  for (const { kind, text, start, end } of lexAll(source)) {
    if (commands.some((command) => command.start <= start && start < command.end)) continue;
    if (kind === 'comment' && text.startsWith('/*') && !/^\/\*[^]*\*\/$/.test(text))
      return { offset: start, message: 'This comment is not closed.' };
    if (
      kind === 'string' &&
      /^\w*R"/.test(text) &&
      end === source.length &&
      !/\)[^()\\\s]{0,16}"$/.test(text)
    )
      return { offset: start, message: 'This raw string is not closed.' };
    // The branches of a conditional start with the same brackets.
    const directive = kind === 'directive' ? (/^#\s*(\w+)/.exec(text)?.[1] ?? '') : '';
    if (directive.startsWith('if')) branches.push([...open]);
    else if (directive.startsWith('el')) open = [...(branches.at(-1) ?? [])];
    else if (directive === 'endif') branches.pop();
    if (kind !== 'punctuation') continue;
    if (partners[text] !== undefined) open.push({ text, start });
    else if (text === ')' || text === ']' || text === '}') {
      const last = open.pop();
      if (!last) return { offset: start, message: `This ${text} closes nothing.` };
      if (partners[last.text] !== text)
        return { offset: last.start, message: `This ${last.text} is not closed.` };
    }
  }
  const last = open.at(-1);
  return last && { offset: last.start, message: `This ${last.text} is not closed.` };
}
