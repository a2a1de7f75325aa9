/** One step of a cell. `line` is the line of the cell at which the code starts, from 1. */
export type Step =
  | {
      readonly kind: 'cpp';
      readonly mode: 'cpp' | 'declare' | 'aclic';
      readonly code: string;
      readonly line: number;
    }
  | { readonly kind: 'shell'; readonly code: string; readonly line: number }
  | { readonly kind: 'python'; readonly code: string; readonly line: number }
  | { readonly kind: 'file'; readonly name: string; readonly append: boolean; readonly text: string }
  | { readonly kind: 'jsroot'; readonly on: boolean }
  | { readonly kind: 'time'; readonly steps: readonly Step[] }
  | { readonly kind: 'unknown'; readonly magic: string; readonly line: number };

const modes: Readonly<Record<string, 'cpp' | 'declare' | 'aclic'>> = {
  '': 'cpp',
  '-d': 'declare',
  '--declare': 'declare',
  '-a': 'aclic',
  '--aclic': 'aclic',
};

/**
 * Cuts a cell of a C++ notebook into what the runner, a shell and Python do.
 *
 * Magics are JupyROOT's and IPython's: a `%%` line makes the whole cell, `%` and `!` lines stand at the start of a cell.
 */
export function toSteps(code: string, firstLine = 1): readonly Step[] {
  const lines = code.split('\n');
  const steps: Step[] = [];
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    const at = firstLine + index;
    const rest = lines.slice(index + 1).join('\n');
    if (text === '' || text.startsWith('//')) continue;
    if (text.startsWith('%%')) return [...steps, cellMagic(text, rest, at)];
    if (text.startsWith('!')) steps.push({ kind: 'shell', code: text.slice(1), line: at });
    else if (text.startsWith('%')) steps.push(lineMagic(text, at));
    else return [...steps, { kind: 'cpp', mode: 'cpp', code: lines.slice(index).join('\n'), line: at }];
  }
  return steps;
}

function cellMagic(header: string, body: string, line: number): Step {
  const [magic = '', ...words] = header.slice(2).split(/\s+/);
  const argument = words.join(' ');
  switch (magic.toLowerCase()) {
    case 'cpp': {
      const mode = modes[argument];
      return mode
        ? { kind: 'cpp', mode, code: body, line: line + 1 }
        : { kind: 'unknown', magic: header, line };
    }
    case 'python':
    case 'python3':
      return { kind: 'python', code: body, line: line + 1 };
    case 'bash':
    case 'sh':
    case 'shell':
    case '!':
      return { kind: 'shell', code: body, line: line + 1 };
    case 'file':
    case 'writefile': {
      const append = words[0] === '-a';
      const name = words[append ? 1 : 0];
      if (name === undefined) return { kind: 'unknown', magic: `${header} needs a file name`, line };
      return { kind: 'file', name, append, text: body.endsWith('\n') || body === '' ? body : `${body}\n` };
    }
    case 'time':
      return {
        kind: 'time',
        steps: toSteps(argument === '' ? body : `${argument}\n${body}`, argument === '' ? line + 1 : line),
      };
    case 'jsroot':
      return jsroot(argument, header, line);
    default:
      return { kind: 'unknown', magic: header, line };
  }
}

function lineMagic(text: string, line: number): Step {
  const [magic = '', ...words] = text.slice(1).split(/\s+/);
  if (magic.toLowerCase() === 'jsroot') return jsroot(words.join(' '), text, line);
  if (magic.toLowerCase() === 'time') return { kind: 'time', steps: toSteps(words.join(' '), line) };
  return { kind: 'unknown', magic: text, line };
}

function jsroot(argument: string, magic: string, line: number): Step {
  if (argument === 'on' || argument === '') return { kind: 'jsroot', on: true };
  return argument === 'off' ? { kind: 'jsroot', on: false } : { kind: 'unknown', magic, line };
}
