import type { Entity, Introspector } from '../introspection/introspector.ts';
import { type Question, textOf } from '../introspection/question.ts';
import { className, membersOf, typeOf } from '../introspection/types.ts';
import { atCursor, wordAt } from '../text/cursor.ts';
import { withoutOurNames } from '../text/program.ts';
import { splitItems } from '../text/items.ts';
import { membersAt } from './completion.ts';
import { describe, referenceOf } from './wording.ts';

/** What there is to say about the word at the question's place, as Markdown. */
export async function hover(
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<{ readonly markdown: string; readonly start: number; readonly end: number } | undefined> {
  const text = textOf(question);
  const word = wordAt(text, question.offset);
  if (!word) return undefined;
  const cursor = atCursor(text, word.end);
  if (cursor.kind === 'nothing') return undefined;
  const entities =
    cursor.kind === 'member'
      ? (await membersAt(cursor, question, introspector, signal))?.filter(({ name }) => name === word.text)
      : undefined;
  const markdown = entities?.[0]
    ? describe(nearest(entities))
    : await describeName(
        cursor.kind === 'member' ? `${cursor.receiver}${cursor.operator}${word.text}` : word.text,
        question,
        introspector,
        signal,
      );
  return markdown === undefined ? undefined : { markdown, start: word.start, end: word.end };
}

/** Those of the class that declares it last: it hides the others. */
export function nearest(entities: readonly Entity[]): readonly Entity[] {
  return entities.filter(({ owner }) => owner === entities[0]?.owner);
}

async function describeName(
  name: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = (await introspector.names(signal))?.filter(
    (each) => each.name === name && each.kind !== 'class',
  );
  const isRootType = /^(T[A-Z]|Roo|R[A-Z]|ROOT::|std::)/.test(name);
  const asClass = isRootType ? await introspector.members(name, signal) : undefined;
  if (asClass?.[0]) return describe([asClass[0]]);
  const type = await typeOf(name, afterDeclaration(question), introspector, signal);
  if (type) {
    const title = await titleOf(type.canonical, question, introspector, signal);
    return [`\`\`\`cpp\n${withoutOurNames(type.spelled)} ${name}\n\`\`\``, ...title].join('\n\n');
  }
  return known?.[0] ? describe(known) : undefined;
}

/** A name is not known before the statement that declares it. */
function afterDeclaration(question: Question): Question {
  const items = splitItems(textOf(question));
  const item = items.find(({ start, end }) => start <= question.offset && question.offset <= end);
  const word = wordAt(textOf(question), question.offset);
  const declares = item?.declares.some(({ start }) => start === word?.start) === true;
  return item && declares ? { ...question, offset: item.end } : question;
}

async function titleOf(
  type: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const name = className(type);
  const link = referenceOf(name);
  if (link === undefined) return [];
  const doc = (await membersOf(type, question, introspector, signal))?.[0]?.doc;
  return [...(doc === undefined ? [] : [doc]), `[${name} in ROOT's reference](${link})`];
}
