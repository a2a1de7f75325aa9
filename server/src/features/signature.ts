import type { SignatureHelp } from 'vscode-languageserver/node';
import type { Entity, Introspector } from '../introspection/introspector.ts';
import { probeProgram, type Question, textOf } from '../introspection/question.ts';
import { membersOf, parameterIn } from '../introspection/types.ts';
import { atCursor, callAround } from '../text/cursor.ts';
import { pastType } from '../text/declared.ts';
import { splitItems } from '../text/items.ts';
import { lex } from '../text/lexer.ts';
import { membersAt } from './completion.ts';
import { nearest } from './hover.ts';
import { declarationOf } from './wording.ts';

/** The overloads of the call around the cursor. */
export async function signatureHelp(
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<SignatureHelp | undefined> {
  const text = textOf(question);
  const call = callAround(text, question.offset);
  if (!call) return undefined;
  const overloads = await overloadsOf(text.slice(0, call.calleeEnd), question, introspector, signal);
  const signatures = overloads.map((each) => ({
    label: declarationOf(each),
    parameters: parametersOf(each.signature ?? '()').map((label) => ({ label })),
    ...(each.doc === undefined ? {} : { documentation: each.doc }),
  }));
  if (signatures.length === 0) return undefined;
  const fitting = signatures.findIndex(({ parameters }) => parameters.length > call.argument);
  return { signatures, activeSignature: Math.max(fitting, 0), activeParameter: call.argument };
}

/** @param head the text up to the end of what is called. */
async function overloadsOf(
  head: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[]> {
  const declaredType = typeBefore(head);
  if (declaredType !== undefined) return constructorsOf(declaredType, question, introspector, signal);
  const callee = atCursor(head, head.length);
  if (callee.kind === 'member') {
    const members = await membersAt(callee, question, introspector, signal);
    const named = nearest((members ?? []).filter(({ name }) => name === callee.prefix));
    if (named.length > 0) return named;
    return constructorsOf(`${callee.receiver}::${callee.prefix}`, question, introspector, signal);
  }
  if (callee.kind !== 'name' || callee.prefix === '') return [];
  const functions = (await introspector.names(signal))?.filter(
    ({ name, kind }) => name === callee.prefix && kind === 'function',
  );
  if (functions?.[0]) return functions;
  const declared = await functionsOf(callee.prefix, question, introspector, signal);
  return declared.length > 0 ? declared : constructorsOf(callee.prefix, question, introspector, signal);
}

/** `T` of `T name(`. */
function typeBefore(head: string): string | undefined {
  const item = splitItems(head).at(-1);
  if (!item) return undefined;
  const text = head.slice(item.start);
  const tokens = lex(text);
  const start =
    Math.max(...['{', '}', ';'].map((end) => tokens.findLastIndex((each) => each.text === end))) + 1;
  const end = pastType(tokens, start);
  const last = tokens.at(-1);
  const isName = end !== undefined && end === tokens.length - 1 && last?.kind === 'word' && end > start;
  return isName ? text.slice(tokens[start]?.start, tokens[end - 1]?.end) : undefined;
}

async function constructorsOf(
  type: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[]> {
  const members = await membersOf(type, question, introspector, signal);
  const own = members?.[0]?.name;
  const last = own?.replace(/<.*/s, '').split('::').at(-1);
  return (members ?? []).filter(
    ({ kind, name, access }) => kind === 'constructor' && !access && name.replace(/<.*/s, '') === last,
  );
}

/** Functions that the cells declare: what the compiler made of them. */
async function functionsOf(
  name: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[]> {
  const program = probeProgram(question, `#pragma clang __debug dump ${name}`);
  const output = (await introspector.compile(program, question.folder, signal)) ?? '';
  const found: Entity[] = [];
  for (const part of output.split(/^(?=FunctionDecl )/m)) {
    const head = new RegExp(`^FunctionDecl .* ${name} '(.*?) ?\\(`).exec(part);
    if (!head) continue;
    const parameters = part.split('\n').flatMap((line) => parameterIn(line) ?? []);
    found.push({ name, kind: 'function', type: head[1], signature: `(${parameters.join(', ')})` });
  }
  return found;
}

/** The parameters of `(Double_t x, Double_t w = 1)`. */
function parametersOf(signature: string): readonly string[] {
  const parameters: string[] = [];
  let depth = 0;
  let text = '';
  for (const each of signature.slice(1, -1)) {
    if ('(<{['.includes(each)) depth++;
    if (')>}]'.includes(each)) depth--;
    if (each === ',' && depth === 0) {
      parameters.push(text.trim());
      text = '';
    } else text += each;
  }
  return text.trim() === '' ? parameters : [...parameters, text.trim()];
}
