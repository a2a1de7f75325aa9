import { type ChildProcess, execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { tools } from '../support/real-kernel.ts';

/** The rival: Python's `jupyter_client` driving a stock kernel, timed inside the Python process. */
export interface JupyterClient {
  /** Milliseconds from the request to reply and idle, both seen, for each cell, one by one. */
  run(cells: readonly string[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

const python = path.join(tools, 'python', 'bin', 'python');
const driver = path.resolve('test/bench/jupyter_client_driver.py');

/** Milliseconds from the start of the kernel to the end of its first cell, in a fresh Python process. */
export async function timeFirstCell(kernel: 'root' | 'python3', cell: string): Promise<number> {
  const { stdout } = await promisify(execFile)(python, [driver, kernel, 'first', cell]);
  return Number(stdout.trim().split('\n').at(-1));
}

export async function startJupyterClient(kernel: 'root' | 'python3'): Promise<JupyterClient> {
  const child: ChildProcess = spawn(python, [driver, kernel, 'serve'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!child.stdout || !child.stdin) throw new Error('no pipes');
  const { stdin } = child;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('jupyter_client ended');
    return line.value;
  };
  while ((await next()) !== 'ready');
  return {
    async run(cells) {
      stdin.write(`${JSON.stringify(cells)}\n`);
      return JSON.parse(await next()) as number[];
    },
    close: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          resolve();
        });
        stdin.end();
      }),
  };
}
