/**
 * Reads plots out of the html that JupyROOT saves, without running it. Only the literal arguments of its known calls are
 * read: `unzipJSON(length,'base64')` (since 6.30), `JSROOT.unzipJSON`, and `JSROOT.parse('...')` or a JSON literal of older
 * versions, which carried the canvas uncompressed.
 */
export interface SavedCanvas {
  readonly content: CanvasContent;
  /** Draw option of JSROOT, usually empty. */
  readonly option: string;
  /** Size in CSS pixels that the output asks for; a full-width output has no width. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

export type CanvasContent =
  | { readonly kind: 'zip'; readonly length: number; readonly base64: string }
  | { readonly kind: 'json'; readonly text: string };

/** Larger html is left alone: no real canvas comes near it. */
const largestHtml = 64 << 20;

const zipped = /unzipJSON\(\s*(\d{1,10})\s*,\s*(['"])([A-Za-z0-9+/=\s]*)\2\s*\)/;
const literalStart =
  /\bobj\s*=\s*(?:(?:Core|JSROOT)\.parse\(\s*)?(?=[{'"])|\b(?:Core|JSROOT)\.parse\(\s*(?=[{'"])/;
const drawCall = /\.draw\(\s*(['"])([\w-]{1,200})\1\s*,\s*\w+\s*,\s*(['"])([^'"\\<>]{0,500})\3\s*\)/;
const holder = /<div\b[^>]*\bid\s*=\s*(['"]?)(root_plot_[\w-]{1,100})\1[^>]*>/i;

/** The plot that `html` draws, or nothing when it is any other html. Never throws. */
export const readCanvasHtml = (html: string): SavedCanvas | undefined => {
  if (html.length > largestHtml || !html.includes('root_plot_')) return undefined;
  const element = holder.exec(html);
  const call = drawCall.exec(html);
  if (!element || !call || call[2] !== element[2]) return undefined;
  const content = readZip(html) ?? readLiteral(html);
  if (!content) return undefined;
  const size = sizeOf(html, element.index, element[0]);
  return { content, option: call[4] ?? '', ...size };
};

const readZip = (html: string): CanvasContent | undefined => {
  const match = zipped.exec(html);
  if (!match) return undefined;
  return { kind: 'zip', length: Number(match[1]), base64: (match[3] ?? '').replace(/\s+/g, '') };
};

const readLiteral = (html: string): CanvasContent | undefined => {
  const match = literalStart.exec(html);
  if (!match) return undefined;
  const start = match.index + match[0].length;
  const text = html[start] === '{' ? objectAt(html, start) : stringAt(html, start);
  return text?.trimStart().startsWith('{') ? { kind: 'json', text } : undefined;
};

/** The JSON object that starts at `start`, by counting braces outside strings. */
const objectAt = (text: string, start: number): string | undefined => {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return text.slice(start, at + 1);
  }
  return undefined;
};

/** The value of the JavaScript string literal that starts at `start`. */
const stringAt = (text: string, start: number): string | undefined => {
  const quote = text[start];
  const parts: string[] = [];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return parts.join('');
    if (character !== '\\') parts.push(character ?? '');
    else {
      at++;
      const next = text[at] ?? '';
      if (next === 'u') {
        parts.push(String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 5), 16) || 0));
        at += 4;
      } else parts.push(escapes[next] ?? next);
    }
  }
  return undefined;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': '' };

const sizeOf = (html: string, at: number, tag: string): Pick<SavedCanvas, 'width' | 'height'> => {
  // A full-width output puts the height on the element around the plot.
  const before = html.slice(Math.max(0, at - 300), at);
  const pixels = (text: string, name: string): number | undefined => {
    const value = Number(new RegExp(`[\\s"';]${name}\\s*:\\s*(\\d{1,5}(?:\\.\\d+)?)px`, 'i').exec(text)?.[1]);
    return value > 0 ? value : undefined;
  };
  return { width: pixels(tag, 'width'), height: pixels(tag, 'height') ?? pixels(before, 'height') };
};
