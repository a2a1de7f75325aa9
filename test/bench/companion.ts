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
  close(): Promise<void>;
}

/** Ids of the two extensions that come with a bench window. */
export const companionId = 'rootbook-bench.companion';
export const emptyId = 'rootbook-bench.empty';

export async function openBenchWindow(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<BenchWindow> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'rootbook-bench-'));
  const socketPath = path.join(state, 'socket');
  const connected = listen(socketPath);
  const vsix = [
    await pack(state, 'companion', 'test/bench/companion/companion.vscode.ts'),
    await pack(state, 'empty', undefined),
  ];
  const workbench = await Workbench.start({
    folder,
    settings,
    vsix,
    env: { ROOTBOOK_BENCH_SOCKET: socketPath },
  });
  const { socket, server } = await connected;
  const waiting = new Map<number, (reply: Reply) => void>();
  let rest = '';
  let count = 0;
  socket.on('data', (text) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const reply = Reply.parse(JSON.parse(line));
      waiting.get(reply.id)?.(reply);
    }
  });
  const ask = async (operation: string, ...args: string[]): Promise<unknown> => {
    const id = ++count;
    const answer = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    socket.write(`${JSON.stringify({ id, operation, arguments: args })}\n`);
    const { result, error } = await answer;
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${operation}: ${error}`);
    return result;
  };
  return {
    workbench,
    ask,
    milliseconds: async (operation, ...args) => z.number().parse(await ask(operation, ...args)),
    async close() {
      socket.destroy();
      server.close();
      await workbench.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

const Reply = z.object({ id: z.number(), result: z.unknown(), error: z.string().optional() });
type Reply = z.infer<typeof Reply>;

function listen(socketPath: string): Promise<{ readonly socket: net.Socket; readonly server: net.Server }> {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => {
      socket.setEncoding('utf8');
      resolve({ socket, server });
    });
    server.listen(socketPath);
  });
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
