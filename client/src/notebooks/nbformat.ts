import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import type { CellOutput } from './outputs.ts';

const Text = z.union([z.string(), z.array(z.string())]);

const Cell = z.looseObject({
  cell_type: z.string(),
  id: z.string().optional(),
  source: Text,
  metadata: z
    .looseObject({
      tags: z.array(z.string()).optional(),
      /** Where the editor keeps the language of a cell that is not the notebook's. */
      vscode: z.looseObject({ languageId: z.string() }).optional().catch(undefined),
    })
    .default({}),
  outputs: z.array(z.looseObject({ data: z.record(z.string(), z.unknown()).optional() })).optional(),
});

/** An `.ipynb` file as far as running needs it; everything else is kept as it is. Source: nbformat 4 schema. */
const Notebook = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.number(),
  metadata: z.looseObject({}),
  cells: z.array(Cell),
});
export type Notebook = z.infer<typeof Notebook>;
export type NotebookCell = z.infer<typeof Cell>;

/** @throws {UserError} when the text is no notebook of format 4. */
export function parseNotebook(text: string, name: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${name} is not a notebook: it is not JSON.`, { cause });
  }
  const parsed = Notebook.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = z.looseObject({ nbformat: z.number() }).safeParse(value).data?.nbformat;
  throw new UserError(
    version !== undefined && version !== 4
      ? `${name} has notebook format ${String(version)}. Convert it first: jupyter nbconvert --to notebook --nbformat 4 ${name}`
      : `${name} is not a notebook: ${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}

export function joinText(text: string | readonly string[]): string {
  return typeof text === 'string' ? text : text.join('');
}

/** Lines with their ends, as notebooks keep text. */
function toLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** An output as a notebook file holds it. */
export function toNbformat(output: CellOutput): Record<string, unknown> {
  switch (output.kind) {
    case 'stream':
      return { output_type: 'stream', name: output.name, text: toLines(output.text) };
    case 'error': {
      const { name, message, traceback } = output;
      return { output_type: 'error', ename: name, evalue: message, traceback };
    }
    case 'display':
      return { output_type: 'display_data', data: toData(output.data), metadata: output.metadata };
    case 'result':
      return {
        output_type: 'execute_result',
        data: toData(output.data),
        metadata: output.metadata,
        execution_count: output.count ?? null,
      };
  }
}

function toData(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([mime, value]) => {
      const isText =
        mime.startsWith('text/') || mime === 'image/svg+xml' || mime === 'application/javascript';
      return [mime, typeof value === 'string' && isText ? toLines(value) : value];
    }),
  );
}
