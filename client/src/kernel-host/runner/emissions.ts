import type { NoticeAction, Problem } from '../../kernels/cell-events.ts';
import type { Emission } from '../backend.ts';
import type { Done } from './frames.ts';

export function stream(name: 'stdout' | 'stderr', text: string): Emission {
  return { channel: 'iopub', type: 'stream', content: { name, text } };
}

export function notice(text: string, action: NoticeAction | undefined): Emission {
  return { channel: 'iopub', type: 'rootbook_notice', content: { text, action: action ?? null } };
}

/** An `error` message. @param lines what is shown; else name and message. */
export function failure(
  name: string,
  message: string,
  places: readonly Pick<Problem, 'line' | 'column'>[],
  lines: readonly string[] = [message],
): Emission {
  const problems = places.map((place) => ({ ...place, severity: 'error' as const, message }));
  return errorMessage(name, message, lines, problems);
}

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;

function errorMessage(
  name: string,
  message: string,
  lines: readonly string[],
  problems: readonly Problem[],
): Emission {
  const [first = message, ...others] = lines;
  const traceback = [`${red(bold(name))}: ${first}`, ...others];
  return { channel: 'iopub', type: 'error', content: { ename: name, evalue: message, traceback, problems } };
}

const titles: Readonly<Record<Exclude<Done['status'], 'ok'>, string>> = {
  error: 'CompileError',
  exception: 'Exception',
  fatal: 'Fatal',
  interrupted: 'Interrupted',
  incomplete: 'Unbalanced',
};

/** How a cell that ended by itself failed. @param errors clang's texts, shown as they are. */
export function toError(
  done: Done,
  errors: readonly string[],
  problems: readonly Problem[],
  cell: string,
): Emission {
  const title = done.status === 'ok' ? 'Error' : titles[done.status];
  const name = done.name !== undefined && done.name !== '' ? done.name : title;
  const first = problems.find(({ severity }) => severity === 'error')?.message;
  const message =
    first ?? (done.message !== undefined && done.message !== '' ? done.message : defaultMessage(done));
  const where = done.line === undefined ? [] : [`  at line ${String(done.line)} of ${cell}`];
  const lines = errors.length > 0 ? errors.flatMap((text) => text.trimEnd().split('\n')) : where;
  const own = problems.length > 0 ? problems : ownProblem(done, message);
  return errorMessage(name, message, [message, ...lines], own);
}

function ownProblem({ line, column, status }: Done, message: string): readonly Problem[] {
  if (line === undefined || line < 1 || status === 'interrupted') return [];
  return [{ severity: 'error', message, line, column: Math.max(1, column ?? 1) }];
}

function defaultMessage({ status }: Done): string {
  if (status === 'interrupted') return 'The cell was interrupted; what it had done so far stays.';
  return status === 'error' ? 'The cell does not compile.' : 'The cell failed.';
}
