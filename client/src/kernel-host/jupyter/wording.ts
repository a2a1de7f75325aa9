import type { Ending } from './process.ts';

/** Causes of a failed start that users can mend, by what Python says about them; the first that fits is named. */
const causes: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [
    /No module named '?ipykernel/,
    'ipykernel is not installed in this Python: run "pip install ipykernel" in it.',
  ],
  [
    /No module named '?(IPython|zmq|traitlets|jupyter_client|tornado|comm)\b/,
    'The installation of ipykernel is not complete: run "pip install --force-reinstall ipykernel".',
  ],
  [
    /(ENOENT|: not found|No such file or directory)\s*$/,
    'This Python does not exist any more: select another ROOT.',
  ],
  [/Permission denied|EACCES/, 'A file cannot be read or run by you.'],
  [/No space left on device/, 'A disk is full.'],
  [/Address already in use/, 'Another program took a port of the kernel: start it again.'],
  [
    /Fatal Python error: init_import_site|PYTHONHOME/,
    'PYTHONHOME or PYTHONPATH of the environment belong to another Python.',
  ],
];

/** ROOT's handler of signals ends the process with these codes: 128 and ROOT's own number of the signal (`ESignals`). */
const rootCodes: Readonly<Record<number, string>> = {
  128: 'a bus error',
  129: 'a segmentation violation: often a null or dangling pointer, or a stack overflow',
  132: 'an illegal instruction',
};

/** Says in one line how a process ended. */
export function toEnding(ending: Ending): string {
  if (ending.signal !== null) return `it was ended by ${ending.signal}`;
  const crash = rootCodes[ending.code ?? 0];
  if (crash !== undefined) return `it crashed on ${crash}`;
  if (ending.code === 0) return 'it ended by itself';
  return ending.code === null ? 'it could not be started' : `it ended with exit code ${String(ending.code)}`;
}

/** The last lines of a text, without blank ones. */
function tail(text: string, lines: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !isChatter(line))
    .slice(-lines)
    .join('\n');
}

/** Why a Python kernel did not start: what happened, the likely cause and the end of its own stderr. */
export function toStartFailure(what: string, stderr: string): string {
  const cause = causes.find(([pattern]) => pattern.test(stderr))?.[1];
  const said = tail(stderr, 12);
  return [`The Python kernel did not start: ${what}.`, cause, said && `It said:\n${said}`]
    .filter(Boolean)
    .join('\n');
}

/** For the cell in which a kernel died. */
export function toDeath(ending: Ending, stderr: string): string {
  const said = lastWords(stderr);
  return [
    `The Python kernel died in this cell: ${toEnding(ending)}. Its variables are lost.`,
    said && `It said:\n${said}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** What Python says of a crash goes from the inside out: the frames up to the cell's own are the user's. */
function lastWords(stderr: string): string {
  const crash = stderr.lastIndexOf('Fatal Python error');
  if (crash < 0) return tail(stderr, 12);
  const lines = stderr.slice(crash).split('\n');
  const kernel = lines.findIndex((line) => /[/\\](IPython|ipykernel)[/\\]/.test(line));
  return lines
    .slice(0, kernel < 0 ? 12 : kernel)
    .filter((line) => line.trim() !== '')
    .join('\n');
}

/** What every ipykernel says at its start. */
function isChatter(line: string): boolean {
  return /frozen modules|PYDEVD_DISABLE_FILE_VALIDATION|-Xfrozen_modules|Debugging will proceed/.test(line);
}
