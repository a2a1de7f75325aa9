import { type Question, probeProgram } from './question.ts';
import type { Entity, Introspector } from './introspector.ts';

/** What the compiler says about an expression: as written, and with all aliases resolved. */
export interface ExpressionType {
  readonly spelled: string;
  readonly canonical: string;
}

/** The type of an expression at the place of the question. */
export async function typeOf(
  expression: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<ExpressionType | undefined> {
  const program = probeProgram(question, `#pragma clang __debug dump(${expression.replaceAll('\n', ' ')})`);
  const output = await introspector.compile(program, question.folder, signal);
  const dumped =
    /^\w+(?:Expr|Literal|Operator|Cleanups|Cast)\w* 0x\w+(?: <[^>]*>)? '([^']*)'(?::'([^']*)')?/m.exec(
      output ?? '',
    );
  const spelled = dumped?.[1];
  if (spelled === undefined || spelled.startsWith('<')) return undefined;
  return { spelled, canonical: dumped?.[2] ?? spelled };
}

/** `const class TH1F *` is `TH1F`. */
export function className(type: string): string {
  return type
    .replaceAll(/\b(class|struct|enum|union|volatile) /g, '')
    .replace(/^(const )+/, '')
    .replace(/[\s*&]*(\bconst\b[\s*&]*)*$/, '')
    .trim();
}

const ours = /(?:__rb\d+::)+(\w+)/g;

/** The members of a type, those of cells included; undefined is "no answer". */
export async function membersOf(
  type: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[] | undefined> {
  const name = className(type);
  const isOurs = /^(?:__rb\d+::)+(\w+)$/.exec(name)?.[1];
  if (isOurs !== undefined) return membersByDump(isOurs, question, introspector, signal);
  const known = await introspector.members(name.replaceAll(ours, 'int'), signal);
  if (known) return known;
  return known === null && /^\w+$/.test(name)
    ? membersByDump(name, question, introspector, signal)
    : undefined;
}

/** A class that only the cells know: what the compiler made of its definition. */
async function membersByDump(
  name: string,
  question: Question,
  introspector: Introspector,
  signal: AbortSignal,
): Promise<readonly Entity[] | undefined> {
  const program = probeProgram(question, `#pragma clang __debug dump ${name}`);
  const output = await introspector.compile(program, question.folder, signal);
  if (output === undefined || !/^(CXXRecord|Namespace|Enum|ClassTemplate)Decl/m.test(output))
    return undefined;
  const { members, bases } = parseRecord(output, name);
  const inherited = await Promise.all(bases.map((base) => membersOf(base, question, introspector, signal)));
  return [...members, ...inherited.flatMap((each) => each ?? []).filter(({ kind }) => kind !== 'class')];
}

/** `Double_t x` of a line of clang's dump that is about a parameter of the function at its top. */
export function parameterIn(line: string): string | undefined {
  const found = /^[|`]-ParmVarDecl 0x\w+ <[^>]*> \S+(?: used| referenced)?(?: (\w+))? '([^']*)'/.exec(line);
  return found ? [found[2], found[1]].filter(Boolean).join(' ') : undefined;
}

/** Reads clang's dump of a class. */
function parseRecord(
  dump: string,
  name: string,
): { readonly members: readonly Entity[]; readonly bases: readonly string[] } {
  const members: Entity[] = [{ name, kind: 'class' }];
  const bases: string[] = [];
  let access: 'protected' | 'private' | undefined = / class \w+ definition/.test(dump)
    ? 'private'
    : undefined;
  let method: { name: string; type: string; parameters: string[]; isConstructor: boolean } | undefined;
  const finish = (): void => {
    if (!method) return;
    const [result = '', types = ''] = method.type.split(/ ?\((.*)/s);
    members.push({
      name: method.name,
      kind: method.isConstructor ? 'constructor' : 'method',
      type: result,
      signature: `(${method.parameters.join(', ')})`,
      owner: name,
      ...(access ? { access } : {}),
      ...(/\) const\b/.test(types) ? { const: 'yes' as const } : {}),
    });
    method = undefined;
  };
  for (const line of dump.split('\n')) {
    const base = /^\|-(?:public|protected|private)(?: virtual)? '([^']*)'(?::'([^']*)')?$/.exec(line);
    if (base) bases.push(base[2] ?? base[1] ?? '');
    const parameter = /^(\| | {2})/.test(line) ? parameterIn(line.slice(2)) : undefined;
    if (parameter !== undefined) method?.parameters.push(parameter);
    const member = /^[|`]-(\w+)Decl 0x\w+ (?:prev 0x\w+ )?<[^>]*> (?:\S+ )?(.*)$/.exec(line);
    if (!member) continue;
    finish();
    const [, kind = '', rest = ''] = member;
    if (kind === 'AccessSpec')
      access =
        rest === 'public' || line.endsWith(' public')
          ? undefined
          : line.endsWith('private')
            ? 'private'
            : 'protected';
    const named = /^(?:implicit )?(?:used |referenced )?([~\w]+) '([^']*)'/.exec(rest);
    if (!named || rest.startsWith('implicit') || line.includes(' implicit ')) continue;
    const [, id = '', type = ''] = named;
    if (kind === 'CXXMethod' || kind === 'CXXConstructor')
      method = { name: id, type, parameters: [], isConstructor: kind === 'CXXConstructor' };
    else if (kind === 'Field' || kind === 'Var')
      members.push({ name: id, kind: 'field', type, owner: name, ...(access ? { access } : {}) });
  }
  finish();
  return { members, bases };
}
