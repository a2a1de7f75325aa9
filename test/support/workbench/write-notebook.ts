import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** A notebook of code cells; their language is that of the notebook unless they say another. */
export interface WrittenNotebook {
  readonly kernel: 'cpp' | 'python';
  /** Whether it was saved with the state of widgets. */
  readonly hasWidgets?: boolean;
  readonly cells: readonly (string | { readonly language: string; readonly text: string })[];
}

const kernels = {
  cpp: {
    kernelspec: { display_name: 'ROOT C++', language: 'c++', name: 'root' },
    language_info: { name: 'c++' },
  },
  python: {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
  },
} as const;

/** Writes a notebook as `name.ipynb` into a folder. */
export function writeNotebook(
  folder: string,
  name: string,
  { kernel, hasWidgets, cells }: WrittenNotebook,
): void {
  const notebook = {
    cells: cells.map((cell, index) => ({
      cell_type: 'code',
      id: `cell-${String(index)}`,
      execution_count: null,
      metadata: typeof cell === 'string' ? {} : { vscode: { languageId: cell.language } },
      outputs: [],
      source: typeof cell === 'string' ? cell : cell.text,
    })),
    metadata: { ...kernels[kernel], ...(hasWidgets === true ? { widgets: {} } : {}) },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(path.join(folder, `${name}.ipynb`), JSON.stringify(notebook, null, 1));
}
