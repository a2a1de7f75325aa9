import { type Declared, declaredNames } from './declared.ts';
import { splitItems } from './items.ts';
import { lex } from './lexer.ts';

/** What is declared in a cell before an offset, at its top level and in the blocks around the offset. */
export function declaredAround(text: string, offset: number): readonly Declared[] {
  const items = splitItems(text);
  const top = items.filter(({ start }) => start < offset).flatMap(({ declares }) => declares);
  const inside = items.find(({ start, end }) => start < offset && offset <= end);
  return inside ? [...top, ...inBlocks(text.slice(inside.start, offset), inside.start)] : top;
}

function inBlocks(text: string, from: number): readonly Declared[] {
  const tokens = lex(text);
  const blocks: Declared[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1]?.text ?? '';
    if (token.text === '{') blocks.push([]);
    else if (token.text === '}') blocks.pop();
    else if (['{', '}', ';', '(', ','].includes(before)) {
      const end = tokens.findIndex(({ text: each }, k) => k > i && [';', '{', ')'].includes(each));
      const declared = declaredNames(tokens.slice(i, end < 0 ? undefined : end)) ?? [];
      blocks.at(-1)?.push(...declared.map((each) => ({ ...each, start: each.start + from })));
    }
  }
  return blocks.flat();
}
