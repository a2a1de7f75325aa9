import { randomUUID } from 'node:crypto';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { classify, UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createKernelHosts, type KernelHosts } from '../kernel-host/client.ts';
import type { LaunchSpec } from '../kernel-host/launch-spec.ts';
import type { CellStatus } from '../kernels/cell-events.ts';
import { findInstallations } from '../kernels/discovery.ts';
import { condaEnvironments } from '../kernels/conda.ts';
import { Flavour, type Installation, languageOf } from '../kernels/installation.ts';
import { sourceHash } from '../kernels/execution.ts';
import { environmentOf } from '../kernels/set-up.ts';
import type { Session } from '../kernels/session.ts';
import { joinText, type Notebook, type NotebookCell, parseNotebook, toNbformat } from './nbformat.ts';
import { suitableFlavour, toCode } from './notebook-kind.ts';
import { CellOutputs } from './outputs.ts';

const usage = 'usage: notebook IN.ipynb OUT.ipynb [--root DIR] [--kernel cpp|python|python-jupyter]';

/** Megabytes of text that a cell may print before the middle of it is left out. */
const maxMegabytes = 10;

/** The first start of a ROOT may compile the runner. */
const startMinutes = 5;

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, ...details) => process.stderr.write(`${message} ${details.map(String).join(' ')}\n`),
  error: (message) => process.stderr.write(`${String(message)}\n`),
};

interface Job {
  readonly input: string;
  readonly output: string;
  readonly root: string | undefined;
  readonly kernel: Flavour | undefined;
}

function parseJob(): Job {
  try {
    const { values, positionals } = parseArgs({
      options: { root: { type: 'string' }, kernel: { type: 'string' } },
      allowPositionals: true,
    });
    const [input, output, ...others] = positionals;
    if (input === undefined || output === undefined || others.length > 0) throw new UserError(usage);
    const { root, kernel } = values;
    return { input, output, root, kernel: kernel === undefined ? undefined : Flavour.parse(kernel) };
  } catch (cause) {
    throw new UserError(usage, { cause });
  }
}

/** @param root a folder that has ROOT, or a Python environment with it; nothing else is taken then. */
async function findRoot(root: string | undefined, folder: string): Promise<Installation> {
  const named = root === undefined ? [] : [path.resolve(root)];
  const found = await findInstallations({
    home: os.homedir(),
    environment: process.env,
    folders: [folder],
    rootFolders: named,
    pythonEnvironments: named,
    knownPythons: [],
    condaEnvironments: root === undefined ? await condaEnvironments(process.env) : [],
    views: [],
  });
  const own = found.filter(({ kernelspec }) => !kernelspec);
  if (root === undefined) {
    if (own[0]) return own[0];
    throw new UserError(
      'No ROOT was found. Install it with "pip install ROOT" or name its folder with --root.',
    );
  }
  const real = await realpath(root).catch(() => path.resolve(root));
  const inside = own.find((each) => !path.relative(real, each.root).startsWith('..'));
  if (inside) return inside;
  throw new UserError(
    `There is no ROOT in ${root}. Name the folder that has bin/root.exe, or a Python environment.`,
  );
}

async function main(): Promise<boolean> {
  const job = parseJob();
  const notebook = parseNotebook(await readFile(job.input, 'utf8'), job.input);
  const folder = path.dirname(path.resolve(job.input));
  const installation = await findRoot(job.root, folder);
  const stateFolder = path.join(
    process.env['XDG_STATE_HOME'] ?? path.join(os.homedir(), '.local', 'state'),
    'rootbook',
  );
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  const here = path.dirname(process.argv[1] ?? '');
  const hosts = createKernelHosts(
    { bundleFolder: path.join(here, 'kernel-host'), stateFolder },
    'a script',
    log,
  );
  const spec: LaunchSpec = {
    installation,
    flavour: job.kernel ?? flavourOf(notebook),
    folder,
    // Never attach to the kernel of an open window, nor to that of another run.
    notebook: `headless:${path.resolve(job.input)}#${String(process.pid)}`,
    agentFolder: path.join(here, '..', 'agent'),
    cacheFolder: path.join(stateFolder, 'runners'),
    environment: await environmentOf(
      installation,
      process.env,
      path.join(stateFolder, 'environments'),
      interrupted.signal,
    ),
    checkpoints: 1,
    outlivesClient: false,
    idleHours: 1,
    maxOutputMegabytes: maxMegabytes,
  };
  const session = await start(hosts, spec, interrupted.signal);
  try {
    const succeeded = await runAll(notebook, spec.flavour, session, interrupted.signal);
    await writeFile(job.output, `${JSON.stringify(notebook, null, 1)}\n`);
    return succeeded;
  } finally {
    await session.shutDown();
  }
}

/** Nobody is here to lose patience with a ROOT that never comes up. */
async function start(hosts: KernelHosts, spec: LaunchSpec, signal: AbortSignal): Promise<Session> {
  const late = AbortSignal.timeout(startMinutes * 60_000);
  try {
    return await hosts.open(spec, () => undefined, AbortSignal.any([signal, late]));
  } catch (caught) {
    if (!late.aborted) throw caught;
    throw new UserError(`The kernel did not start in ${String(startMinutes)} minutes.`, { cause: caught });
  }
}

function flavourOf({ metadata, cells }: Notebook): Flavour {
  const facts = cells.map(({ cell_type: type, source, outputs, metadata: own }) => ({
    language: type === 'code' ? (own.vscode?.languageId ?? 'python') : type,
    text: joinText(source),
    shows: outputs?.flatMap(({ data }) => Object.keys(data ?? {})) ?? [],
  }));
  const language = JSON.stringify(metadata);
  return suitableFlavour({ metadata, cells: facts }) ?? (language.includes('"python') ? 'python' : 'cpp');
}

/** Runs all code cells and writes their outputs into the notebook. @returns whether none failed that may not. */
async function runAll(
  notebook: Notebook,
  flavour: Flavour,
  session: Session,
  signal: AbortSignal,
): Promise<boolean> {
  const cells = notebook.cells.filter((cell) => cell.cell_type === 'code');
  const shown = cells.map(() => new CellOutputs(maxMegabytes));
  const runs = cells.map((cell, index) => runCell(cell, index, flavour, session, shown, signal));
  const statuses = await Promise.all(runs);
  for (const [index, cell] of cells.entries()) cell.outputs = shown[index]?.outputs.map(toNbformat) ?? [];
  return statuses.every((status, index) => status === 'ok' || (status === 'error' && mayFail(cells[index])));
}

function mayFail(cell: NotebookCell | undefined): boolean {
  return cell?.metadata.tags?.includes('raises-exception') ?? false;
}

async function runCell(
  cell: NotebookCell,
  index: number,
  flavour: Flavour,
  session: Session,
  shown: readonly CellOutputs[],
  signal: AbortSignal,
): Promise<CellStatus> {
  const text = joinText(cell.source);
  cell['execution_count'] = null;
  if (text.trim() === '') return 'ok';
  const sent = toCode(cell.metadata.vscode?.languageId ?? languageOf(flavour), text, flavour);
  if ('refusal' in sent) throw new UserError(sent.refusal);
  const place = { cellId: cell.id ?? String(index), index, source: sourceHash(text) };
  const request = { ...sent, id: randomUUID(), place, mayFail: mayFail(cell) };
  for await (const event of session.execute(request, signal)) {
    if (event.kind === 'started') cell['execution_count'] = event.count ?? null;
    else if (event.kind === 'input') {
      log.warn('A cell asks for input, and nobody is here to answer: it is interrupted.');
      void session.interrupt();
    } else if (event.kind === 'done') return event.status;
    else if (event.kind === 'update' && event.displayId !== undefined) {
      const { displayId, data, metadata } = event;
      for (const outputs of shown) outputs.update(displayId, data, metadata);
    } else shown[index]?.apply(event);
  }
  return 'error';
}

main().then(
  (succeeded) => {
    process.exitCode = succeeded ? 0 : 1;
  },
  (caught: unknown) => {
    const failure = classify(caught);
    if (failure.kind === 'user') process.stderr.write(`${failure.error.message}\n`);
    else if (failure.kind === 'defect')
      process.stderr.write(`${failure.error.stack ?? failure.error.message}\n`);
    process.exitCode = failure.kind === 'cancelled' ? 130 : 2;
  },
);
