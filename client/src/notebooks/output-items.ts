import type { CellOutput } from './outputs.ts';

/** What the editor takes for one representation of an output. */
export interface OutputItem {
  readonly mime: string;
  readonly data: Uint8Array;
}

export interface EditorOutput {
  readonly items: readonly OutputItem[];
  /** Read by the editor's notebook serializer when the notebook is saved. */
  readonly metadata: Record<string, unknown>;
}

/** Richest first, as the editor sorts what it reads from a file. Source: vscode, extensions/ipynb/src/deserializers.ts. */
const preference = [
  /^application\/vnd\./,
  /^application\/vdom\./,
  /^application\/geo\+json$/,
  /^text\/html$/,
  /^application\/javascript$/,
  /^image\/gif$/,
  /^text\/latex$/,
  /^text\/markdown$/,
  /^image\/png$/,
  /^image\/svg\+xml$/,
  /^image\/jpeg$/,
  /^application\/json$/,
  /^text\/plain$/,
];

const encoder = new TextEncoder();

/**
 * An output in the form in which the editor's own `ipynb` extension makes and saves outputs, so that what is saved is
 * what any Jupyter front end would have saved.
 */
export function toEditorOutput(output: CellOutput): EditorOutput {
  switch (output.kind) {
    case 'stream':
      return {
        items: [{ mime: `application/vnd.code.notebook.${output.name}`, data: encoder.encode(output.text) }],
        metadata: { outputType: 'stream' },
      };
    case 'error': {
      const { name, message, traceback } = output;
      const stack = traceback.length > 0 ? traceback.join('\n') : `${name}: ${message}`;
      return {
        items: [toTextItem('application/vnd.code.notebook.error', JSON.stringify({ name, message, stack }))],
        metadata: {
          outputType: 'error',
          originalError: { output_type: 'error', ename: name, evalue: message, traceback: [...traceback] },
        },
      };
    }
    case 'display':
    case 'result':
      return {
        items: toItems(output.data),
        metadata: {
          outputType: output.kind === 'result' ? 'execute_result' : 'display_data',
          metadata: output.metadata,
          ...(output.count === undefined ? {} : { executionCount: output.count }),
          ...(output.displayId === undefined ? {} : { transient: { display_id: output.displayId } }),
        },
      };
  }
}

function toItems(data: Readonly<Record<string, unknown>>): readonly OutputItem[] {
  const rank = (mime: string): number => {
    const found = preference.findIndex((pattern) => pattern.test(mime));
    return found < 0 ? preference.length - 1.5 : found;
  };
  return Object.entries(data)
    .map(([mime, value]) => toItem(mime, value))
    .sort((left, right) => rank(left.mime) - rank(right.mime));
}

function toItem(mime: string, value: unknown): OutputItem {
  if (typeof value !== 'string')
    return toTextItem(mime, isLines(value) ? value.join('') : JSON.stringify(value));
  const isBinary = /^(image|audio|video)\//.test(mime) && mime !== 'image/svg+xml';
  return isBinary || mime === 'application/pdf'
    ? { mime, data: Uint8Array.from(Buffer.from(value, 'base64')) }
    : toTextItem(mime, isJson(mime) ? JSON.stringify(value) : value);
}

function toTextItem(mime: string, text: string): OutputItem {
  return { mime, data: encoder.encode(text) };
}

function isJson(mime: string): boolean {
  return mime === 'application/json' || mime.endsWith('+json');
}

function isLines(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string');
}
