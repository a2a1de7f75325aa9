import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Display } from '../../client/src/kernel-host/runner/frames.ts';
import { Interpreter, type Outcome, type Task } from '../../client/src/kernel-host/runner/interpreter.ts';
import { quiet, testInstallation } from './real-kernel.ts';

const run = promisify(execFile);

/** What a cell did, as the host sees it. */
export interface CellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly displays: readonly { readonly frame: Display; readonly json: string; readonly png: Buffer }[];
  readonly outcome: Outcome;
}

export interface RunOptions extends Partial<Pick<Task, 'mode' | 'name' | 'line'>> {
  /** Lines for code that reads stdin. */
  readonly answers?: readonly string[];
  /** Called with each piece of text as it comes. */
  readonly onText?: (text: string) => void;
  readonly onInput?: () => void;
}

/** A `root.exe` with our runner, as the product starts it, without host and queue. */
export interface TestRunner {
  readonly folder: string;
  /** What was printed outside cells. */
  readonly stray: () => string;
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /** Takes a checkpoint that the next crash goes back to. */
  checkpoint(): void;
  interrupt(): void;
  goBack(): boolean;
  /** Why there is no copy to go back to. */
  withoutCopies(): string;
  close(): Promise<void>;
}

const agent = path.resolve(import.meta.dirname, '../../client/agent');

/** Compiles the runner ahead, as a host does after its first start. @returns the library. */
export async function compileRunner(folder: string): Promise<string> {
  const { root } = await testInstallation();
  const library = path.join(folder, 'librootbook_runner.so');
  const flags = ['-O1', '-shared', '-fPIC', '-std=c++17', '-I', path.join(root, 'include')];
  await run('c++', [...flags, path.join(agent, 'runner.C'), '-o', library]);
  return library;
}

/** @param library the compiled runner; without it the macro is interpreted. */
export async function startRunner(
  library?: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<TestRunner> {
  const { root } = await testInstallation();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rootbook-runner-'));
  const interpreter = new Interpreter(1, quiet);
  let stray = '';
  interpreter.onStray = (_name, text) => (stray += text);
  const load = `gSystem->Load("${library ?? ''}"); ((void (*)())gSystem->DynFindSymbol("*", "rootbook_main"))();`;
  await interpreter.start({
    executable: path.join(root, 'bin/root.exe'),
    args: ['-l', '-b', ...(library === undefined ? [path.join(agent, 'runner.C')] : ['-e', load])],
    folder,
    environment: Object.fromEntries(
      Object.entries({ ...process.env, ...environment }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    ),
  });
  let count = 0;
  return {
    folder,
    stray: () => stray,
    async run(code, options = {}) {
      const name = options.name ?? `In[${String(++count)}]`;
      const result = await runTask(interpreter, { mode: 'cpp', line: 1, ...options, name, code }, options);
      interpreter.remember(name);
      return result;
    },
    checkpoint: () => {
      interpreter.settled(true);
    },
    interrupt: () => {
      interpreter.interrupt();
    },
    goBack: () => interpreter.goBack(),
    withoutCopies: () => interpreter.withoutCopies,
    async close() {
      await interpreter.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function runTask(interpreter: Interpreter, task: Task, options: RunOptions): Promise<CellResult> {
  const text = { stdout: '', stderr: '' };
  const displays: { frame: Display; json: string; png: Buffer }[] = [];
  const answers = [...(options.answers ?? [])];
  const outcome = await interpreter.run(
    { mode: task.mode, code: task.code, name: task.name, line: task.line },
    {
      onText(name, piece) {
        text[name] += piece;
        options.onText?.(piece);
      },
      onDisplay(frame, payload) {
        const json = payload.toString('utf8', 0, frame.json);
        displays.push({ frame, json, png: payload.subarray(frame.json) });
      },
      onMessage(message) {
        throw new Error(`a message of no guest: ${message.type}`);
      },
      onInput() {
        options.onInput?.();
        const answer = answers.shift();
        if (answer !== undefined) interpreter.answer(answer);
      },
    },
  );
  return { ...text, displays, outcome };
}

/** What a table of cells compares: the status, where the mistake is, and what was printed. */
export function summary({ outcome }: CellResult): string {
  if (outcome.kind === 'closed') return 'closed';
  if (outcome.kind === 'gone') return outcome.undone ? 'restored' : 'lost';
  const { status, message = '', line, column } = outcome.done;
  const place = line === undefined ? '' : ` ${String(line)}:${String(column)}`;
  return status === 'ok' ? 'ok' : `${status}${place} ${message}`;
}

/** Processes of a session that are alive. */
export async function processesOfSession(session: number): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-s', String(session), '-o', 'pid=,stat=']).catch(() => ({
    stdout: '',
  }));
  return stdout.split('\n').filter((line) => line.trim() !== '' && !/\sZ/.test(line));
}
