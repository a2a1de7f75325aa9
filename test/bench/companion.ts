import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { repository } from '../../scripts/tools.mjs';
import { Workbench } from '../support/workbench/workbench.ts';

/** A real window with the built vsix, an empty extension, and a companion that does what a bench asks for. */
export interface BenchWindow {
  readonly workbench: Workbench;
  /** Asks the companion, see `companion/companion.vscode.ts`. @throws what it threw. */
  ask(operation: string, ...args: string[]): Promise<unknown>;
  milliseconds(operation: string, ...args: string[]): Promise<number>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Ids of extensions that come with a bench window; the last two do nothing. */
export const companionId = 'rootbook-bench.companion';
export const firstId = 'rootbook-bench.first';
export const emptyId = 'rootbook-bench.empty';

export async function openBenchWindow(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<BenchWindow> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  const socketPath = path.join(state, 'socket');
  const line = listen(socketPath);
  const vsix = await Promise.all([
    pack(state, 'companion', 'test/bench/companion/companion.vscode.ts'),
    pack(state, 'first', undefined),
    pack(state, 'empty', undefined),
  ]);
  const workbench = await Workbench.start({
    folder,
    settings,
    vsix,
    env: { ROOTBOOK_BENCH_SOCKET: socketPath },
  });
  const ask = async (operation: string, ...args: string[]): Promise<unknown> => {
    const { result, error } = await line.ask(operation, args);
    if (error !== undefined) throw new Error(`${operation}: ${error}`);
    return result;
  };
  return {
    workbench,
    ask,
    milliseconds: async (operation, ...args) => z.number().parse(await ask(operation, ...args)),
    async reload() {
      line.forget();
      await workbench.load();
    },
    async close() {
      line.close();
      await workbench.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

const Reply = z.object({ id: z.number(), result: z.unknown().optional(), error: z.string().optional() });
type Reply = z.infer<typeof Reply>;

function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

/** Where the companion of the present window calls; a reloaded window has a new one. */
interface Line {
  ask(operation: string, args: readonly string[]): Promise<Reply>;
  forget(): void;
  close(): void;
}

function listen(socketPath: string): Line {
  const waiting = new Map<number, (reply: Reply) => void>();
  let called = later<net.Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    socket.setEncoding('utf8');
    let rest = '';
    socket.on('data', (text) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) {
        const reply = Reply.parse(JSON.parse(each));
        waiting.get(reply.id)?.(reply);
        waiting.delete(reply.id);
      }
    });
    socket.on('error', () => socket.destroy());
    called.resolve(socket);
  });
  server.listen(socketPath);
  return {
    async ask(operation, args) {
      const socket = await called.promise;
      const id = ++count;
      const answer = new Promise<Reply>((resolve) => waiting.set(id, resolve));
      socket.write(`${JSON.stringify({ id, operation, arguments: args })}\n`);
      return answer;
    },
    forget() {
      called = later();
    },
    close() {
      server.close();
      void called.promise.then((socket) => socket.destroy());
    },
  };
}

/** Makes the vsix of a test extension. @param entry its source; none for an extension that does nothing. */
async function pack(state: string, name: string, entry: string | undefined): Promise<string> {
  const folder = path.join(state, name);
  mkdirSync(folder);
  const manifest = {
    name,
    publisher: 'rootbook-bench',
    version: '0.0.1',
    engines: { vscode: '^1.108.0' },
    main: './extension.cjs',
    extensionKind: ['workspace'],
    activationEvents: entry === undefined ? ['onCommand:rootbook-bench.never'] : ['onStartupFinished'],
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'README.md'), 'For benches.\n');
  const outfile = path.join(folder, 'extension.cjs');
  if (entry === undefined) writeFileSync(outfile, 'exports.activate = () => {};\n');
  else
    await build({
      absWorkingDir: repository,
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['vscode'],
    });
  const file = path.join(state, `${name}.vsix`);
  const vsce = path.join(repository, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--skip-license',
    '--out',
    file,
  ];
  execFileSync(process.execPath, [vsce, ...args], { cwd: folder, stdio: 'pipe' });
  return file;
}
