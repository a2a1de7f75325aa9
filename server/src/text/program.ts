import { enclosing } from './cursor.ts';
import { type Item, splitItems } from './items.ts';
import { Lines } from './lines.ts';

/** A cell or a macro. */
export interface Source {
  /** Short and without quotes: what `#line` calls it. */
  readonly name: string;
  readonly text: string;
}

/** A text that is compiled, but never run: it ends with a deliberate mistake, which stops code generation. */
export interface Program {
  readonly text: string;
  /** Where a line of it comes from; compilers count from 1. Fix-its speak of these lines. */
  origin(line: number): { readonly name: string; readonly line: number } | undefined;
}

export const endMark = 'rootbook_end';

/** Takes our own names out of what the compiler says. */
export function withoutOurNames(text: string): string {
  return text.replaceAll(/\b__rb\d+::/g, '');
}

/** Cells, in the order in which they run, as one program. */
export function toProgram(sources: readonly Source[]): Program {
  const writer = new Writer();
  for (const source of sources) for (const item of splitItems(source.text)) writer.item(source, item);
  return writer.finish();
}

/**
 * The cells up to an offset in the last one, where the compiler is asked something.
 *
 * @param probe Lines of C++ that may stand where a statement may.
 */
export function toProbe(sources: readonly Source[], offset: number, probe: string): Program {
  const writer = new Writer();
  const last = sources.at(-1);
  for (const source of sources.slice(0, -1))
    for (const item of splitItems(source.text)) writer.item(source, item);
  if (!last) return writer.finish();
  const items = splitItems(last.text.slice(0, offset));
  const open = items.at(-1);
  const isInside =
    open && open.end >= last.text.slice(0, offset).trimEnd().length && !isWhole(last.text, open);
  for (const item of isInside ? items.slice(0, -1) : items) writer.item(last, item);
  if (isInside) writer.openItem(last, open, offset, probe);
  else writer.probe(probe);
  return writer.finish();
}

/** Whether an item that ends where the text was cut needs nothing more. */
function isWhole(text: string, { kind, end }: Item): boolean {
  return kind === 'directive' || kind === 'command' || /[;}]/.test(text[end - 1] ?? '');
}

/** Namespaces of the user may not go into one of ours. */
const outside =
  /^(inline\s+)?namespace\s+(std|ROOT|TMath|RooFit|cling)\b|^extern\s*"C|^template\s*<\s*>\s*struct\s+std::/;

/**
 * Each cell sees what those before it declare, and hides what it declares anew, as at the ROOT prompt: declarations are in
 * namespaces of which a new one is opened inside the last whenever a name is declared again. Statements are in functions that
 * nothing calls, in their place between them.
 */
class Writer {
  readonly #lines: string[] = [];
  readonly #origins = new Map<number, { readonly name: string; readonly line: number }>();
  readonly #known = new Set<string>();
  #level = 1;
  #inLevel = new Map<string, string[]>();
  #isOpen = false;
  #inFunction = false;
  #count = 0;

  item(source: Source, item: Item): void {
    if (item.kind === 'command') return;
    const text = source.text.slice(item.start, item.end);
    if (item.kind === 'directive' || outside.test(text)) this.#closeAll();
    else if (item.kind === 'declaration' || this.#declaresAnew(item)) this.#declaration(item);
    else this.#function();
    if (item.kind === 'assignment' && this.#declaresAnew(item)) this.#put('auto');
    this.#piece(source, item.start, text);
    if (item.kind !== 'directive') this.#put(';');
    for (const { name } of item.declares) this.#known.add(name);
  }

  /** An item that the cursor is in: what is before its statement, the probe, and what closes it. */
  openItem(source: Source, item: Item, offset: number, probe: string): void {
    const { statement, closers, initializer } = enclosing(source.text, item.start, offset);
    if (item.kind === 'declaration') this.#declaration(item);
    else this.#function();
    const head = source.text.slice(item.start, statement);
    if (head.trim() === '') {
      this.#function();
      this.#put(`{ ${initializer}`, ...probe.split('\n'), '}');
      return;
    }
    this.#piece(source, item.start, head);
    this.#put(`{ ${initializer}`, ...probe.split('\n'), `}${closers}`);
  }

  probe(probe: string): void {
    this.#function();
    this.#put('{', ...probe.split('\n'), '}');
  }

  finish(): Program {
    this.#closeAll();
    this.#put('#line 1 "rootbook"', `static_assert(false, "${endMark}");`);
    const origins = this.#origins;
    return { text: this.#lines.join('\n'), origin: (line) => origins.get(line) };
  }

  /** `x = 3;` at the prompt, where ROOT's own globals have their names from `g` and a capital letter. */
  #declaresAnew({ kind, declares }: Item): boolean {
    const name = declares[0]?.name ?? '';
    return kind === 'assignment' && !this.#known.has(name) && !/^g[A-Z]/.test(name);
  }

  #declaration(item: Item): void {
    this.#endFunction();
    this.#open();
    const isAgain = item.declares.some(({ name, kind, identity }) => {
      const before = this.#inLevel.get(name) ?? [];
      if (kind === 'namespace' || identity === '') return false;
      return kind === 'function'
        ? before.some((each) => !each.startsWith('(') || each === identity)
        : before.length > 0;
    });
    if (isAgain) {
      this.#level++;
      this.#inLevel = new Map();
      this.#put(`namespace __rb${String(this.#level)} {`);
    }
    for (const { name, identity } of item.declares)
      if (identity !== '') this.#inLevel.set(name, [...(this.#inLevel.get(name) ?? []), identity]);
  }

  #function(): void {
    this.#open();
    if (this.#inFunction) return;
    this.#inFunction = true;
    this.#put(`inline void __rb_statements${String(++this.#count)}() {`);
  }

  #endFunction(): void {
    if (this.#inFunction) this.#put('}');
    this.#inFunction = false;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (let level = 1; level <= this.#level; level++) this.#put(`namespace __rb${String(level)} {`);
  }

  #closeAll(): void {
    this.#endFunction();
    if (this.#isOpen) this.#put('}'.repeat(this.#level));
    this.#isOpen = false;
  }

  #piece(source: Source, start: number, text: string): void {
    const lines = new Lines(source.text);
    const { line } = lines.placeOf(start);
    this.#put(`#line ${String(line + 1)} "${source.name}"`);
    const pieces = text.split('\n');
    for (const [i, each] of pieces.entries()) {
      this.#origins.set(this.#lines.length + 1, { name: source.name, line: line + 1 + i });
      this.#put(i === 0 ? ' '.repeat(lines.bytesBefore(start)) + each : each);
    }
  }

  #put(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }
}
