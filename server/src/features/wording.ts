import type { Entity } from '../introspection/introspector.ts';

/** `Int_t TH1::Fill(Double_t x)`. */
export function declarationOf({
  kind,
  type = '',
  owner,
  name,
  signature = '',
  value,
  const: isConst,
  static: isStatic,
}: Entity): string {
  const qualified = owner === undefined || kind === 'constructor' ? name : `${owner}::${name}`;
  switch (kind) {
    case 'constructor':
      return `${name}${signature}`;
    case 'method':
    case 'function':
      return `${isStatic ? 'static ' : ''}${type} ${qualified}${signature}${isConst ? ' const' : ''}`;
    case 'template':
      return `template ${qualified}(…)`;
    case 'class':
      return `class ${name}`;
    case 'enum':
      return `enum ${qualified}`;
    case 'constant':
      return `${qualified}${value === undefined ? '' : ` = ${value}`}`;
    default:
      return `${type} ${qualified}`.trim();
  }
}

const ofRoot = /^(T[A-Z]\w*|Roo[A-Z]\w*|ROOT::[\w:]+)$/;

/** The page of ROOT's reference about a class, if ROOT has it. */
export function referenceOf(name: string): string | undefined {
  const plain = name.replace(/<.*/s, '');
  return ofRoot.test(plain)
    ? `https://root.cern/doc/master/class${plain.replaceAll('::', '_1_1')}.html`
    : undefined;
}

/** A declaration with what is known about it, as Markdown. */
export function describe(entities: readonly Entity[]): string {
  const shown = entities.slice(0, 8);
  const more = entities.length - shown.length;
  const code = [
    '```cpp',
    ...shown.map(declarationOf),
    ...(more > 0 ? [`// and ${String(more)} more`] : []),
    '```',
  ].join('\n');
  const docs = [...new Set(entities.map(({ doc = '' }) => doc.trim()).filter((doc) => doc !== ''))];
  const owners = new Set(entities.map(({ owner, name, kind }) => owner ?? (kind === 'class' ? name : '')));
  const links = [...owners].flatMap((owner) => {
    const link = referenceOf(owner);
    return link === undefined ? [] : [`[${owner} in ROOT's reference](${link})`];
  });
  return [code, ...docs.slice(0, 3).map(escape), ...links].join('\n\n');
}

function escape(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|]/g, String.raw`\$&`);
}
