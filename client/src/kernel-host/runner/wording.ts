import os from 'node:os';
import type { Problem } from '../../kernels/cell-events.ts';
import type { Crash } from './frames.ts';

const position = /^(.*?):(\d+):(\d+):(?:\{[^}]*\})*:? (fatal error|error|warning|note): (.*)$/gm;

/** Remarks of clang about the cell called `name`, from its text. Positions in other cells and headers are left out. */
export function problemsIn(text: string, name: string): readonly Problem[] {
  return [...text.matchAll(position)].flatMap(([, file, line, column, severity = '', message = '']) =>
    file === name
      ? [
          {
            severity: severity.endsWith('error')
              ? ('error' as const)
              : severity === 'note'
                ? ('note' as const)
                : ('warning' as const),
            message,
            line: Math.max(1, Number(line)),
            column: Math.max(1, Number(column)),
          },
        ]
      : [],
  );
}

/** `SIGSEGV` for 11. */
export function signalName(signal: number): string {
  const found = Object.entries(os.constants.signals).find(([, number]) => number === signal);
  return found?.[0] ?? `signal ${String(signal)}`;
}

/** What usually stands behind a signal, to end a sentence. */
const meanings: Readonly<Record<string, string>> = {
  SIGSEGV: ' on invalid memory: often a null or dangling pointer, or a stack overflow',
  SIGBUS: ' on invalid memory',
  SIGABRT: ' by abort: often a failed assertion, or an exception that nothing caught',
  SIGFPE: ' on arithmetic: often an integer division by zero',
  SIGILL: ' on an illegal instruction',
  SIGKILL: ': it was killed, perhaps because the machine ran out of memory',
};

/** How a process of the kernel went. */
export interface Ending {
  readonly crash: Crash | undefined;
  readonly code: number | undefined;
  readonly signal: number | undefined;
}

export function describeEnding({ crash, code, signal }: Ending): { name: string; message: string } {
  const number = crash?.signal ?? signal;
  if (number !== undefined) {
    const name = signalName(number);
    const where = crash?.thread === 'other' ? ' in another thread' : '';
    return { name, message: `The cell crashed${where}${meanings[name] ?? ''}.` };
  }
  if (code === undefined) return { name: 'KernelEnded', message: 'The cell ended ROOT.' };
  return { name: 'KernelEnded', message: `The cell ended ROOT with exit code ${String(code)}.` };
}

/** What stands above a cell that left the interpreter broken. */
export const brokenCell = {
  name: 'CompileError',
  message: 'ROOT could not compile this: most often a name is misspelled or not declared.',
};

/** The user's own frames, innermost first, as lines under the message. */
export function describeFrames(crash: Crash | undefined): readonly string[] {
  return (crash?.frames ?? []).map(({ function: name, line, name: cell }) =>
    line > 0 ? `  at ${name} (${cell}, line ${String(line)})` : `  at ${name}`,
  );
}

/** Threads that ran beside the main one; Python's have names. */
export interface Threads {
  readonly count: number;
  readonly names: readonly string[];
}

export const noThreads: Threads = { count: 0, names: [] };

/** What a restore means for the user. @param undone names of earlier cells, such as `In[3]`. @param threads that are gone. */
export function describeRestore(undone: readonly string[], threads: Threads): readonly string[] {
  const [first] = undone;
  return [
    ...(first === undefined
      ? ['The session is what it was before this cell.']
      : [
          `The session is what it was before ${first}, because that is where the last checkpoint is.`,
          `Undone with this cell: ${undone.join(', ')}. Run them again.`,
        ]),
    `Not restored: ${[...describeThreads(threads), 'what the cell changed in files and other programs'].join(', ')}.`,
  ];
}

const shownNames = 5;

function describeThreads({ count, names }: Threads): readonly string[] {
  const quoted = names.slice(0, shownNames).map((name) => `"${name}"`);
  const more = names.length - quoted.length;
  const all = [...quoted, ...(more > 0 ? [`${String(more)} more`] : [])].join(', ');
  const others = count - names.length;
  return [
    ...(names.length === 0 ? [] : [`${names.length === 1 ? 'the thread' : 'the threads'} ${all} of Python`]),
    ...(others > 0 ? [`${plural(others, 'thread')} of C++ code or libraries`] : []),
  ];
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
