/**
 * A tutorial as somebody runs it in a notebook: a cell with its text, which for a named macro ends in its call (as `.x` calls
 * it, so that a value that it returns is shown), and a cell that draws the canvases, as ROOT's own conversion of tutorials has.
 * A macro that asks where its file is cannot be the text of a cell: it is run from its file.
 */
export function toCells(source: string, name: string): readonly string[] {
  if (name.endsWith('.py')) return [source, 'import ROOT\nROOT.gROOT.GetListOfCanvases().Draw()'];
  const draw = 'gROOT->GetListOfCanvases()->Draw();';
  if (source.includes('__FILE__')) return [`.x ${name}`, draw];
  const call = `${name.slice(0, name.lastIndexOf('.'))}()`;
  return [bodyOfUnnamed(source) ?? `${source.trimEnd()}\n${call}`, draw];
}

/** The text without the braces of a macro that is nothing but a block. Lines stay where they are. */
function bodyOfUnnamed(source: string): string | undefined {
  const blank = source.replace(/\/\*[^]*?\*\/|\/\/.*|^[ \t]*#(?:\\\n|.)*/gm, (found) =>
    found.replace(/./g, ' '),
  );
  const first = blank.search(/\S/);
  const last = blank.trimEnd().length - 1;
  if (blank[first] !== '{' || blank[last] !== '}') return undefined;
  return `${source.slice(0, first)} ${source.slice(first + 1, last)} ${source.slice(last + 1)}`;
}
