import { readdir } from 'node:fs/promises';
import { type CompletionItem, CompletionItemKind, InsertTextFormat } from 'vscode-languageserver/node';
import type { Entity, Introspector } from '../introspection/introspector.ts';
import { type Question, textOf } from '../introspection/question.ts';
import { membersOf, typeOf } from '../introspection/types.ts';
import { atCursor } from '../text/cursor.ts';
import type { Declared } from '../text/declared.ts';
import { splitItems } from '../text/items.ts';
import { declaredAround } from '../text/locals.ts';
import { declarationOf, describe } from './wording.ts';

/** What fits at the cursor. */
export async function complete(
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly CompletionItem[]> {
  const text = textOf(question);
  const cursor = atCursor(text, question.offset);
  const isCalled = /^\s*\(/.test(text.slice(question.offset));
  switch (cursor.kind) {
    case 'nothing':
      return [];
    case 'member': {
      const members = await membersAt(cursor, question, introspector, signal);
      const nested = cursor.operator === '::' ? await nestedIn(cursor.receiver, introspector, signal) : [];
      const isStatic = cursor.operator === '::';
      return [...toItems(visible(members ?? [], isStatic), isCalled), ...nested];
    }
    case 'name':
      return [
        ...userNames(question),
        ...keywordItems,
        ...toItems(await globalNames(introspector, signal), isCalled),
      ];
    default:
      return [];
  }
}

/** The members that an expression has. */
export async function membersAt(
  { receiver, operator }: { readonly receiver: string; readonly operator: '.' | '->' | '::' },
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[] | undefined> {
  if (operator === '::') return membersOf(receiver, question, introspector, signal);
  const expression = operator === '->' ? `*(${receiver})` : receiver;
  const type = await typeOf(expression, question, introspector, signal);
  return type && membersOf(type.canonical, question, introspector, signal);
}

function visible(members: readonly Entity[], isStatic: boolean): readonly Entity[] {
  return members.filter(({ name, kind, access }) => {
    if (access || name === '' || kind === 'class' || kind === 'destructor' || /^(operator|_|~|\$)/.test(name))
      return false;
    return isStatic ? true : kind !== 'constructor' && kind !== 'enum' && kind !== 'constant';
  });
}

/** Classes and namespaces in a namespace: known by the qualified names of classes. */
async function nestedIn(
  scope: string,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly CompletionItem[]> {
  const all = await globalNames(introspector, signal);
  const names = new Map<string, CompletionItemKind>();
  for (const { name } of all) {
    if (!name.startsWith(`${scope}::`)) continue;
    const found = /^(\w+)(::|<)?/.exec(name.slice(scope.length + 2));
    const kind = found?.[2] === '::' ? CompletionItemKind.Module : CompletionItemKind.Class;
    if (found?.[1] !== undefined && names.get(found[1]) !== CompletionItemKind.Class)
      names.set(found[1], kind);
  }
  return [...names].map(([label, kind]) => ({ label, kind, sortText: `1${label}` }));
}

const known = new WeakMap<Introspector, Promise<readonly Entity[]>>();

/** What the interpreter knows, and the classes of headers that it has not loaded. */
function globalNames(introspector: Introspector, signal: AbortSignal): Promise<readonly Entity[]> {
  const before = known.get(introspector);
  if (before) return before;
  const read = readNames(introspector, signal);
  known.set(introspector, read);
  void read.then(
    (names) => {
      if (names.length === 0) known.delete(introspector);
    },
    () => known.delete(introspector),
  );
  return read;
}

async function readNames(introspector: Introspector, signal: AbortSignal): Promise<readonly Entity[]> {
  const names = await introspector.names(signal);
  const folder = names?.find(({ kind }) => kind === 'includes')?.name;
  if (!names || folder === undefined) return [];
  const headers = await readdir(folder).catch(() => []);
  const modern = await readdir(`${folder}/ROOT`).catch(() => []);
  const classes = [
    ...headers.flatMap((file) => /^((?:T[A-Z]|Roo)\w*)\.h$/.exec(file)?.[1] ?? []),
    ...modern.flatMap((file) => /^([RT][A-Z]\w*)\.hxx$/.exec(file)?.[1] ?? []).map((name) => `ROOT::${name}`),
  ];
  const have = new Set(names.map(({ name }) => name));
  const more = classes.filter((name) => !have.has(name)).map((name): Entity => ({ name, kind: 'class' }));
  return [...names.filter(({ kind }) => kind !== 'includes'), ...more];
}

const kinds: Readonly<Record<Entity['kind'], CompletionItemKind>> = {
  class: CompletionItemKind.Class,
  constructor: CompletionItemKind.Constructor,
  destructor: CompletionItemKind.Method,
  method: CompletionItemKind.Method,
  template: CompletionItemKind.Method,
  field: CompletionItemKind.Field,
  enum: CompletionItemKind.Enum,
  constant: CompletionItemKind.EnumMember,
  global: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  type: CompletionItemKind.Class,
  includes: CompletionItemKind.Folder,
};

/** Machinery that every class has and nobody calls. */
const machinery =
  /^(Class|Class_Name|Class_Version|DeclFile\w*|ImplFile\w*|Dictionary|IsA|Streamer\w*|ShowMembers|CheckTObjectHashConsistency|Dump|Inspect|SetDtorOnly|GetDtorOnly|.*Recurse)$/;

/** One item for each name; overloads are counted. */
function toItems(entities: readonly Entity[], isCalled: boolean): readonly CompletionItem[] {
  const byName = new Map<string, Entity[]>();
  for (const each of entities) {
    if (each.name.includes('::') || each.name.includes('<') || each.name.includes('(')) continue;
    const same = byName.get(each.name);
    if (same) same.push(each);
    else byName.set(each.name, [each]);
  }
  const owners = [...new Set(entities.map(({ owner }) => owner))];
  return [...byName].map(([name, overloads]) => toItem(name, overloads, owners, isCalled));
}

function toItem(
  name: string,
  overloads: readonly Entity[],
  owners: readonly (string | undefined)[],
  isCalled: boolean,
): CompletionItem {
  const [first] = overloads;
  if (!first) throw new Error('a name has an entity');
  const { kind, signature, type, owner } = first;
  const isCallable =
    kind === 'method' || kind === 'function' || kind === 'template' || kind === 'constructor';
  const takesNothing = overloads.every((each) => each.signature === '()');
  const more = overloads.length > 1 ? ` +${String(overloads.length - 1)}` : '';
  const rank = machinery.test(name) ? 99 : Math.min(owners.indexOf(owner), 98);
  return {
    label: name,
    kind: kinds[kind],
    labelDetails: {
      detail: `${signature ?? ''}${more}`,
      ...(type === undefined ? {} : { description: type }),
    },
    detail: declarationOf(first),
    documentation: { kind: 'markdown', value: describe(overloads.filter((each) => each.kind === kind)) },
    sortText: `${owner === undefined ? '3' : '0'}${String(rank).padStart(2, '0')}${name}`,
    ...(isCallable && !isCalled
      ? {
          insertText: takesNothing ? `${name}()` : `${name}($0)`,
          insertTextFormat: InsertTextFormat.Snippet,
          ...(takesNothing
            ? {}
            : { command: { title: 'Arguments', command: 'editor.action.triggerParameterHints' } }),
        }
      : {}),
  };
}

/** Names of this cell and those before it; the nearest first. */
function userNames(question: Question): readonly CompletionItem[] {
  const { sources, offset } = question;
  const declared = sources
    .slice(0, -1)
    .flatMap(({ text }) => splitItems(text).flatMap((item) => item.declares));
  const around = declaredAround(textOf(question), offset);
  const nearest = new Map([...declared, ...around].map((each) => [each.name, each]));
  return [...nearest.values()].map(({ name, kind }) => ({
    label: name,
    kind: declaredKinds[kind],
    sortText: `0${name}`,
  }));
}

const declaredKinds: Readonly<Record<Declared['kind'], CompletionItemKind>> = {
  variable: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  class: CompletionItemKind.Class,
  enum: CompletionItemKind.Enum,
  type: CompletionItemKind.Class,
  namespace: CompletionItemKind.Module,
  macro: CompletionItemKind.Constant,
};

const keywordItems: readonly CompletionItem[] = (
  'auto bool break case catch char class const constexpr continue default delete do double else enum explicit false float for if ' +
  'inline int long namespace new nullptr operator private protected public return short signed sizeof static static_cast struct ' +
  'switch template this throw true try typedef typename union unsigned using virtual void while std ROOT TMath RooFit'
)
  .split(' ')
  .map((label) => ({
    label,
    kind: /^(std|ROOT|TMath|RooFit)$/.test(label) ? CompletionItemKind.Module : CompletionItemKind.Keyword,
    sortText: `2${label}`,
  }));
