import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { KernelHosts } from '../kernel-host/client.ts';
import { registerCommand, type ShownLog } from '../platform/commands.vscode.ts';
import type { Controllers } from './controllers.vscode.ts';
import type { KernelDesk } from './kernel-desk.vscode.ts';
import { describeRow, keyOf, type KernelRow, notebookOf } from './running-kernels.ts';
import { selectKernel } from './root-finder.vscode.ts';

const refreshMilliseconds = 3000;

/** The kernels of this machine; asks them only while somebody looks. */
class RunningKernels implements vscode.TreeDataProvider<KernelRow> {
  readonly #hosts: KernelHosts;
  readonly #log: Log;
  readonly #changed: vscode.EventEmitter<void>;
  readonly onDidChangeTreeData: vscode.Event<void>;
  #rows: readonly KernelRow[] | undefined;
  #looking: Promise<void> | undefined;

  constructor(scope: Scope, hosts: KernelHosts, log: Log) {
    this.#hosts = hosts;
    this.#log = log;
    this.#changed = scope.own(new vscode.EventEmitter<void>());
    this.onDidChangeTreeData = this.#changed.event;
  }

  async getChildren(row?: KernelRow): Promise<KernelRow[]> {
    if (row) return [];
    this.#rows ??= await this.#ask();
    return [...this.#rows];
  }

  getTreeItem(row: KernelRow): vscode.TreeItem {
    const { label, description, details, spoken, icon, context } = describeRow(row, Date.now());
    const item = new vscode.TreeItem(label);
    item.id = keyOf(row);
    item.description = description;
    item.tooltip = [vscode.workspace.asRelativePath(vscode.Uri.parse(notebookOf(row))), ...details].join(
      '\n',
    );
    item.iconPath = new vscode.ThemeIcon(icon);
    item.contextValue = context;
    item.accessibilityInformation = { label: spoken };
    item.command = { command: 'rootbook.kernels.open', title: 'Open Notebook', arguments: [row] };
    return item;
  }

  /** Asks again; what has not changed is left alone, with the pointer and the focus on it. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const rows = await this.#ask();
    const before = this.#rows;
    this.#rows = rows;
    if (!before || looks(before) !== looks(rows)) this.#changed.fire();
  }

  async #ask(): Promise<readonly KernelRow[]> {
    try {
      const [hosts, remains] = await Promise.all([this.#hosts.list(), this.#hosts.remains()]);
      return [
        ...hosts.map((host) => ({ kind: 'running', host }) as const),
        ...remains
          .filter(({ notebook, executions }) => executions.length > 0 && !isOpen(notebook))
          .map((each) => ({ kind: 'remains', remains: each }) as const),
      ];
    } catch (caught) {
      this.#log.warn('the kernels that run could not be listed', caught);
      return [];
    }
  }
}

function looks(rows: readonly KernelRow[]): string {
  return JSON.stringify(rows.map((row) => [keyOf(row), describeRow(row, Date.now())]));
}

/** What a kernel left behind was offered when its notebook was opened. */
function isOpen(notebook: string): boolean {
  return vscode.workspace.notebookDocuments.some(({ uri }) => uri.toString() === notebook);
}

/** The view "Running Kernels" and what can be done in it. */
export function registerRunningKernels(
  scope: Scope,
  log: ShownLog,
  desk: KernelDesk,
  controllers: Controllers,
  hosts: KernelHosts,
): void {
  const kernels = new RunningKernels(scope, hosts, log);
  const view = scope.own(
    vscode.window.createTreeView('rootbook.kernels', { treeDataProvider: kernels, showCollapseAll: false }),
  );
  refreshWhileVisible(scope, view, kernels, desk);
  const command = (name: string, run: (row: KernelRow) => Promise<void>): void => {
    registerCommand(scope, log, `rootbook.kernels.${name}`, async (argument) => {
      // From the keyboard a command comes without its row.
      const row = isRow(argument) ? argument : view.selection[0];
      if (!row)
        throw new UserError('No kernel is selected. Select one in the list of running kernels first.');
      await run(row);
      await kernels.refresh();
    });
  };
  registerCommand(scope, log, 'rootbook.kernels.refresh', () => kernels.refresh());
  command('open', (row) => open(row, false, desk, controllers));
  command('takeOver', (row) => open(row, true, desk, controllers));
  command('interrupt', async (row) => {
    const own = kernelHere(row, desk);
    await (own ? own.interrupt() : hosts.control(keyOf(row), 'interrupt'));
  });
  command('restart', async (row) => {
    if (!(await confirm(`Restart ${nameOf(row)}?`, 'What it holds in memory is lost.', 'Restart'))) return;
    const own = kernelHere(row, desk);
    await (own ? own.restart() : hosts.control(keyOf(row), 'restart'));
  });
  command('shutDown', async (row) => {
    if (row.kind === 'remains') return discard(row);
    const lost = 'What it holds in memory is lost. What it printed stays.';
    if (!(await confirm(`Shut down ${nameOf(row)}?`, lost, 'Shut Down'))) return;
    const own = kernelHere(row, desk);
    await (own ? own.shutDown() : hosts.shutDown(keyOf(row)));
  });
  command('discard', (row) => (row.kind === 'remains' ? discard(row) : Promise.resolve()));
  command('openLog', async (row) => {
    if (row.kind === 'remains') throw new UserError('The log of this kernel went with it.');
    await vscode.window.showTextDocument(vscode.Uri.file(row.host.logFile));
  });
}

function refreshWhileVisible(
  scope: Scope,
  view: vscode.TreeView<KernelRow>,
  kernels: RunningKernels,
  desk: KernelDesk,
): void {
  let timer: NodeJS.Timeout | undefined;
  const refresh = (): void => {
    if (view.visible) void kernels.refresh();
  };
  const follow = (): void => {
    clearInterval(timer);
    timer = view.visible ? setInterval(refresh, refreshMilliseconds) : undefined;
    refresh();
  };
  scope.own(view.onDidChangeVisibility(follow));
  scope.own(desk.onDidChange(refresh));
  scope.defer(() => {
    clearInterval(timer);
  });
  follow();
}

function isRow(value: unknown): value is KernelRow {
  return typeof value === 'object' && value !== null && ('host' in value || 'remains' in value);
}

/** Goes on with a kernel in its notebook. */
async function open(
  row: KernelRow,
  takeOver: boolean,
  desk: KernelDesk,
  controllers: Controllers,
): Promise<void> {
  const uri = vscode.Uri.parse(notebookOf(row));
  const known = vscode.workspace.notebookDocuments.find((each) => each.uri.toString() === uri.toString());
  if (!known && uri.scheme === 'untitled')
    throw new UserError('The notebook of this kernel was never saved and is closed, so it cannot be opened.');
  if (takeOver) desk.takeOverOnReturn(uri);
  const notebook = known ?? (await vscode.workspace.openNotebookDocument(uri));
  const choice =
    row.kind === 'running'
      ? controllers.choices.find(
          ({ flavour, installation }) =>
            flavour === row.host.flavour && installation.id === row.host.installation,
        )
      : undefined;
  const wasSelected = choice && desk.choiceOf(notebook) === choice;
  const notebookEditor = await vscode.window.showNotebookDocument(notebook);
  if (choice && desk.choiceOf(notebook) !== choice) await selectKernel(choice.controller.id, notebookEditor);
  else if (wasSelected) await desk.attach(choice, notebook, takeOver);
}

/** The kernel of a row, if it is attached in this window. */
function kernelHere(row: KernelRow, desk: KernelDesk): ReturnType<KernelDesk['of']> {
  if (row.kind !== 'running' || row.host.holder.kind !== 'here') return undefined;
  const { notebook, flavour } = row.host;
  return desk.kernels.find((each) => each.identity === notebook && each.choice.flavour === flavour);
}

async function discard({ remains }: KernelRow & { kind: 'remains' }): Promise<void> {
  const detail = 'It was not saved with the notebook, and cannot be brought back.';
  if (await confirm('Discard what this kernel left behind?', detail, 'Discard')) await remains.discard();
}

function nameOf(row: KernelRow): string {
  const { label } = describeRow(row, Date.now());
  return `${row.kind === 'running' ? row.host.label : row.remains.label} of ${label}`;
}

async function confirm(message: string, detail: string, action: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
