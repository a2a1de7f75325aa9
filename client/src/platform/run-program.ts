import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs a program to its end and reports what it prints, line by line.
 *
 * @returns its exit code, -1 when a signal ended it.
 * @throws {DOMException} `AbortError` when cancelled; the program is then ended.
 */
export async function runProgram(
  command: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', onLine);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
}
