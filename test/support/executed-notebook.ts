import { z } from 'zod';

const Text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const Data = z.record(z.string(), z.unknown());
const Output = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text: Text }),
  z.object({ output_type: z.literal('error'), ename: z.string(), evalue: z.string() }),
  z.object({ output_type: z.literal('display_data'), data: Data }),
  z.object({ output_type: z.literal('execute_result'), data: Data }),
]);
export type Output = z.infer<typeof Output>;

const Executed = z.object({
  cells: z.array(z.object({ cell_type: z.string(), source: Text, outputs: z.array(Output).default([]) })),
});
export type Executed = z.infer<typeof Executed>;

export function readExecuted(text: string): Executed {
  return Executed.parse(JSON.parse(text));
}

/** What a cell printed. */
export function printed(outputs: readonly Output[], name: 'stdout' | 'stderr'): string {
  return outputs
    .map((output) => (output.output_type === 'stream' && output.name === name ? output.text : ''))
    .join('');
}

export function errorOf(outputs: readonly Output[]): string | undefined {
  const error = outputs.find((output) => output.output_type === 'error');
  return error && `${error.ename}: ${error.evalue}`;
}

/** A representation of what a cell showed, where it has it. */
export function shownAs(output: Output, mime: string): string | undefined {
  return 'data' in output ? Text.safeParse(output.data[mime]).data : undefined;
}

/** A notebook of these cells, as a file holds it. @param goesOn whether cells below a failed one run. */
export function notebookOf(cells: readonly string[], language: 'c++' | 'python', goesOn = false): string {
  const name = language === 'python' ? 'python3' : 'root';
  const metadata = { tags: goesOn ? ['raises-exception'] : [] };
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name, language, display_name: name } },
    cells: cells.map((source, index) => ({
      cell_type: 'code',
      id: `c${String(index)}`,
      metadata,
      source,
      outputs: [],
      execution_count: null,
    })),
  });
}
