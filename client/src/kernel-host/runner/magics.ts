import { answerTo, magicsHelp } from './magic-answers.ts';

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
  | { readonly kind: 'show'; readonly mime: string; readonly text: string }
  /** Instead of running a magic. */
  | { readonly kind: 'answer'; readonly message: string; readonly fails: boolean; readonly line: number }
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
    if (text.startsWith('!')) steps.push({ kind: 'shell', code: text.replace(/^!+/, ''), line: at });
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
    case 'system':
    case 'sx':
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
    case 'include':
    case 'run':
      return lineMagic(header.slice(1), line);
    default:
      return shown(magic, body) ?? common(magic, header, line);
  }
}

const mimeTypes: Readonly<Record<string, string>> = {
  html: 'text/html',
  latex: 'text/latex',
  markdown: 'text/markdown',
  javascript: 'application/javascript',
  js: 'application/javascript',
  svg: 'image/svg+xml',
};

function shown(magic: string, text: string): Step | undefined {
  const mime = mimeTypes[magic.toLowerCase()];
  return mime === undefined ? undefined : { kind: 'show', mime, text };
}

/** What cell and line magics have in common. */
function common(magic: string, text: string, line: number): Step {
  const name = magic.toLowerCase();
  if (['lsmagic', 'magic', 'help'].includes(name))
    return { kind: 'show', mime: 'text/plain', text: magicsHelp };
  const answer = answerTo(name);
  return answer ? { kind: 'answer', ...answer, line } : { kind: 'unknown', magic: text, line };
}

/** Commands of the shell that IPython has as magics. */
const shellCommands = ['ls', 'pwd', 'cat', 'mkdir', 'rmdir', 'cp', 'mv', 'rm', 'head', 'tail', 'less', 'man'];

function lineMagic(text: string, line: number): Step {
  const [, magic = '', argument = ''] = /^%(\S*)\s*(.*)$/.exec(text) ?? [];
  const name = magic.toLowerCase();
  const shell = (code: string): Step => ({ kind: 'shell', code, line });
  const cpp = (code: string): Step => ({ kind: 'cpp', mode: 'cpp', code, line });
  if (shellCommands.includes(name)) return shell(`${name} ${argument}`.trim());
  switch (name) {
    case 'jsroot':
      return jsroot(argument, text, line);
    case 'time':
      return { kind: 'time', steps: toSteps(argument, line) };
    case 'shell':
    case 'system':
    case 'sx':
      return shell(argument);
    case 'python':
      return { kind: 'python', code: argument, line };
    case 'pip':
    case 'conda':
    case 'mamba':
      return { kind: 'python', code: text, line };
    case 'cd':
      return cpp(changeFolder(argument));
    case 'env':
    case 'set_env':
      return environment(argument, shell, cpp);
    case 'run':
      return argument.split(' ')[0]?.endsWith('.py') === true
        ? { kind: 'python', code: text, line }
        : cpp(`.x ${argument}`);
    case 'include':
      return cpp(`#include ${JSON.stringify(argument)}`);
    case 'download':
      return shell(`curl -fsSLO ${argument}`);
    default:
      return shown(magic, argument) ?? common(magic, text, line);
  }
}

function changeFolder(argument: string): string {
  const folder = JSON.stringify(argument === '' ? '~' : argument.replace(/^(["'])(.*)\1$/, '$2'));
  return (
    `{ TString folder = ${folder}; gSystem->ExpandPathName(folder); ` +
    'if (!gSystem->ChangeDirectory(folder)) throw std::invalid_argument(("There is no folder " + folder).Data()); ' +
    'std::cout << gSystem->WorkingDirectory() << std::endl; }'
  );
}

function environment(argument: string, shell: (code: string) => Step, cpp: (code: string) => Step): Step {
  const [, name, value] = /^(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(argument) ?? [];
  if (name !== undefined && value !== undefined)
    return cpp(`gSystem->Setenv(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  return shell(argument === '' ? 'env | sort' : `printenv ${argument}`);
}

function jsroot(argument: string, magic: string, line: number): Step {
  if (argument === 'on' || argument === '') return { kind: 'jsroot', on: true };
  return argument === 'off' ? { kind: 'jsroot', on: false } : { kind: 'unknown', magic, line };
}
