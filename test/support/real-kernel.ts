import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createKernelHosts, type KernelHosts } from '../../client/src/kernel-host/client.ts';
import type { LaunchSpec } from '../../client/src/kernel-host/launch-spec.ts';
import type { CellEvent } from '../../client/src/kernels/cell-events.ts';
import { findInstallations } from '../../client/src/kernels/discovery.ts';
import type { Flavour, Installation } from '../../client/src/kernels/installation.ts';
import type { CellRequest, Session } from '../../client/src/kernels/session.ts';
import { cellRequest } from './cell-request.ts';
import type { Log } from '../../client/src/base/log.ts';

/** The folder in which `npm run setup` keeps ROOT, the editor and the browser. */
export const tools =
  process.env['ROOTBOOK_TOOLS'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'rootbook-dev');

export const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What there is to run in the environment of the tests, and nowhere else. */
export function testInstallations(): Promise<readonly Installation[]> {
  return findInstallations({
    home: '/nonexistent',
    environment: {},
    folders: [],
    rootFolders: [],
    pythonEnvironments: [path.join(tools, 'python')],
    knownPythons: [],
    condaEnvironments: [],
    views: [],
  });
}

/** The ROOT that the tests run on. */
export async function testInstallation(): Promise<Installation> {
  const [first] = await testInstallations();
  if (!first) throw new Error(`no ROOT in ${tools}: run "npm run setup"`);
  return first;
}

/** Kernel hosts with a state folder of their own, and the end of everything that they started. */
export interface TestHosts {
  readonly hosts: KernelHosts;
  readonly stateFolder: string;
  /** As another window would have them. @param bundleFolder of another version of the extension. */
  window(holder: string, bundleFolder?: string): KernelHosts;
  spec(flavour: Flavour, changes?: Partial<LaunchSpec>): LaunchSpec;
  open(flavour: Flavour, changes?: Partial<LaunchSpec>): Promise<Session>;
  close(): Promise<void>;
}

export async function testHosts(): Promise<TestHosts> {
  const installation = await testInstallation();
  const stateFolder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-test-'));
  const window = (holder: string, bundleFolder = path.resolve('client/dist/kernel-host')): KernelHosts =>
    createKernelHosts({ bundleFolder, stateFolder }, holder, quiet);
  const hosts = window('a test');
  let count = 0;
  const spec = (flavour: Flavour, changes: Partial<LaunchSpec> = {}): LaunchSpec => ({
    installation,
    flavour,
    folder: stateFolder,
    notebook: `test:${String(++count)}`,
    agentFolder: path.resolve('client/agent'),
    // Shared, so that the runner is compiled once for all tests.
    cacheFolder: path.join(tools, 'runners'),
    // Not the history of who runs the tests.
    environment: { IPYTHONDIR: path.join(stateFolder, 'ipython') },
    checkpoints: 3,
    outlivesClient: true,
    idleHours: 1,
    maxOutputMegabytes: 1,
    ...changes,
  });
  return {
    hosts,
    stateFolder,
    window,
    spec,
    open: (flavour, changes) =>
      hosts.open(spec(flavour, changes), () => undefined, new AbortController().signal),
    async close() {
      for (const { id } of await hosts.list()) await hosts.shutDown(id);
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** What a cell showed, and how it ended. */
export interface CellResult {
  readonly events: readonly CellEvent[];
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Extract<CellEvent, { kind: 'error' }> | undefined;
}

/** Runs one cell to its end. */
export async function runCell(
  session: Session,
  code: string,
  changes: Partial<CellRequest> = {},
): Promise<CellResult> {
  return collect(session.execute(cellRequest(code, changes), new AbortController().signal));
}

/** Everything that happens to a cell, once it is over. */
export async function collect(run: AsyncIterable<CellEvent>): Promise<CellResult> {
  const events: CellEvent[] = [];
  for await (const event of run) events.push(event);
  const text = (name: string): string =>
    events.map((event) => (event.kind === 'stream' && event.name === name ? event.text : '')).join('');
  const last = events.at(-1);
  return {
    events,
    status: last?.kind === 'done' ? last.status : 'none',
    stdout: text('stdout'),
    stderr: text('stderr'),
    error: events.find((event) => event.kind === 'error'),
  };
}

/** Processes of this machine whose environment holds this text; zombies do not count. Linux only. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const file = `/proc/${String(pid)}/environ`;
      try {
        return existsSync(file) && readFileSync(file, 'latin1').includes(text);
      } catch {
        return false;
      }
    });
}

/** Waits until a claim holds. A limit guards against hanging. */
export async function until(claim: () => boolean | Promise<boolean>, limitSeconds = 20): Promise<void> {
  const end = Date.now() + limitSeconds * 1000;
  while (!(await claim())) {
    if (Date.now() > end) throw new Error('gave up waiting');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until no cell runs or waits in any kernel. */
export function untilNothingRuns(hosts: KernelHosts, limitSeconds?: number): Promise<void> {
  return until(async () => (await hosts.list()).every(({ cells }) => cells === 0), limitSeconds);
}
