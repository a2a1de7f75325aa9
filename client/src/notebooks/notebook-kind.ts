import { z } from 'zod';
import { type Flavour, languageOf } from '../kernels/installation.ts';
import type { CellLanguage } from '../kernels/session.ts';

/** What a notebook says about itself, as far as it matters for choosing a kernel. */
export interface NotebookFacts {
  /** `metadata` of the `.ipynb` file. */
  readonly metadata: unknown;
  readonly cells: readonly CellFacts[];
}

interface CellFacts {
  readonly language: string;
  readonly text: string;
  /** MIME types of its outputs. */
  readonly shows?: readonly string[];
}

const KernelMetadata = z.object({
  /** What widgets were when the notebook was saved. */
  widgets: z.unknown().optional(),
  kernelspec: z.object({ name: z.string().optional(), language: z.string().optional() }).optional(),
  language_info: z.object({ name: z.string().optional() }).optional(),
});

const cppNames = ['c++', 'cpp', 'root'];

/** Names that a cell may have for C++ and for Python. Cells of notebooks saved for the ROOT kernel say `c++`. */
const languages: Readonly<Record<CellLanguage, readonly string[]>> = {
  cpp: ['cpp', 'c++', 'root'],
  python: ['python'],
};

/**
 * The flavour that suits a notebook that uses ROOT. A Python notebook that does not mention ROOT, and any other
 * language, is none of our business.
 */
export function suitableFlavour({ metadata, cells }: NotebookFacts): Flavour | undefined {
  const { widgets, kernelspec, language_info } = KernelMetadata.safeParse(metadata).data ?? {};
  const language = (kernelspec?.language ?? language_info?.name ?? '').toLowerCase();
  if (kernelspec?.name === 'root' || cppNames.includes(language)) {
    // xeus-cling and its like have their own dialect and their own kernels.
    return /^x(eus-)?(cling|cpp)|^xcpp/.test(kernelspec?.name ?? '') ? undefined : 'cpp';
  }
  const isPython =
    language === 'python' || (language === '' && cells.some((cell) => cell.language === 'python'));
  if (!isPython || !cells.some(usesRoot)) return undefined;
  // Widgets speak to their kernel, and only ipykernel answers.
  const hasWidgets = widgets !== undefined || cells.some(({ shows }) => shows?.includes(widgetView) === true);
  return hasWidgets ? 'python-jupyter' : 'python';
}

/** How Jupyter names the place of a widget on a page. */
export const widgetView = 'application/vnd.jupyter.widget-view+json';

function usesRoot({ language, text }: CellFacts): boolean {
  if (languages.cpp.includes(language)) return true;
  return /^\s*(import\s+ROOT\b|from\s+ROOT\b|%%cpp\b)/m.test(text);
}

/** Languages that a controller must list, its own first; an id that is not listed is dropped without a word. */
export function supportedLanguages(flavour: Flavour, registered: readonly string[]): string[] {
  const own = flavour === 'cpp' ? languages.cpp : languages.python;
  const ours = [...own, ...languages.cpp, ...languages.python, 'shellscript'];
  // Raw cells are code cells of the language `raw` to the editor, and not to be run.
  return [...new Set([...ours, ...registered])].filter((language) => language !== 'raw');
}

/** What to send for a cell, or why it can't run. */
export function toCode(
  language: string,
  text: string,
  flavour: Flavour,
): { readonly language: CellLanguage; readonly code: string } | { readonly refusal: string } {
  if (languages.cpp.includes(language)) return { language: 'cpp', code: text };
  if (languages.python.includes(language)) return { language: 'python', code: text };
  if (language === 'shellscript') return { language: languageOf(flavour), code: `%%bash\n${text}` };
  return {
    refusal:
      `A cell of language "${language}" cannot run here. ` +
      'Choose C++, Python or Shell Script in the lower right corner of the cell.',
  };
}

/** The names that every Jupyter front end knows, so that a notebook of ours opens anywhere. */
export function portableMetadata(flavour: Flavour): Record<string, unknown> {
  return flavour === 'cpp'
    ? {
        kernelspec: { display_name: 'ROOT C++', language: 'c++', name: 'root' },
        language_info: {
          codemirror_mode: 'text/x-c++src',
          file_extension: '.C',
          mimetype: 'text/x-c++src',
          name: 'c++',
        },
      }
    : {
        kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
        language_info: { file_extension: '.py', mimetype: 'text/x-python', name: 'python' },
      };
}

/** Whether the saved kernelspec already names this flavour's kernel, so that nothing needs to be written. */
export function namesFlavour(metadata: unknown, flavour: Flavour): boolean {
  const { kernelspec } = KernelMetadata.safeParse(metadata).data ?? {};
  if (kernelspec?.name === undefined) return false;
  const language = (kernelspec.language ?? '').toLowerCase();
  return flavour === 'cpp'
    ? kernelspec.name === 'root' || cppNames.includes(language)
    : kernelspec.name.startsWith('python') || language === 'python';
}
