import path from 'node:path';

/** ROOT's own words on files it wrote: `Info in <TCanvas::Print>: pdf file x.pdf has been created`. */
const announcement =
  /^Info in <[\w:]+>: (?:[\w+]+ )*file:? (\S.*?) has been (?:created|updated|closed|generated)/gm;

/** Files that a printed text says were written, absolute, each once. */
export function writtenFiles(text: string, folder: string): readonly string[] {
  if (!text.includes('Info in <')) return [];
  const names = [...text.matchAll(announcement)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  return [...new Set(names.map((name) => path.resolve(folder, name)))].filter(
    (name) => path.extname(name) !== '',
  );
}
