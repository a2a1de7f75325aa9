import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, and when it began: the system gives its number to another one when it has ended. */
export interface ProcessName {
  readonly pid: number;
  /** In the system's own terms, letters and digits; absent where it does not say. */
  readonly born?: string | undefined;
}

export function ownName(): ProcessName {
  return { pid: process.pid, born: birthOf(process.pid) };
}

/** Whether it is that process which runs, and not a later one of the same number. */
export function isAlive({ pid, born }: ProcessName): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return born === undefined || birthOf(pid) === born;
}

/** `undefined` when it has ended, or the system does not say. */
function birthOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxBirthOf(pid);
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).replaceAll(
      /\W/g,
      '',
    );
  } catch {
    return undefined;
  }
}

/** Clock ticks since the machine started. Source: proc_pid_stat(5). */
function linuxBirthOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' ? undefined : fields[19];
}
