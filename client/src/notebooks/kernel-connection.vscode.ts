import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import type { Attachment, KernelHosts, KernelKey } from '../kernel-host/client.ts';
import type { Remains } from '../kernel-host/remains.ts';
import type { CellEvent } from '../kernels/cell-events.ts';
import { type Flavour, type Installation, missingPackages, labelOf } from '../kernels/installation.ts';
import type { KernelState, Session } from '../kernels/session.ts';
import { environmentOf } from '../kernels/set-up.ts';
import { withProgress } from '../platform/progress.vscode.ts';
import { readSettings } from '../platform/settings.vscode.ts';
import { untrusted, withoutPackages } from './kernel-offers.vscode.ts';

/** What a connection needs of the extension. */
export interface ConnectionServices {
  readonly hosts: KernelHosts;
  readonly log: Log;
  /** Folder with `runner.C` and `rootbook_agent.py`. */
  readonly agentFolder: string;
  readonly cacheFolder: string;
  /** Where it is kept what set-up scripts did. */
  readonly environmentsFolder: string;
  /** Tells untitled notebooks of this workspace from those of others, which have the same URIs. */
  readonly workspaceId: string;
  /** Warns once where ROOT would miss a compiler. */
  readonly checkCompiler: (installation: Installation) => Promise<void>;
}

/** What runs the cells of a notebook: a controller of ours. */
export interface Choice {
  readonly installation: Installation;
  readonly flavour: Flavour;
  readonly controller: vscode.NotebookController;
}

/** `none`: not started, or let go of. */
export type NotebookKernelState = KernelState | { readonly kind: 'none' };

/** Who is told what a kernel does by itself. */
export interface ConnectionListener {
  changed(state: NotebookKernelState): void;
  /** Output of no cell. */
  stray(event: CellEvent): void;
}

/** From a notebook to its kernel: made when it is first needed, kept, and let go of. */
export class KernelConnection {
  /** Where the kernel starts. */
  readonly folder: string;
  readonly label: string;
  readonly #notebook: vscode.NotebookDocument;
  readonly #choice: Choice;
  readonly #services: ConnectionServices;
  readonly #listener: ConnectionListener;
  #opening: { readonly session: Promise<Session>; readonly abort: AbortController } | undefined;
  #session: Session | undefined;
  #attaching: Promise<Attachment> | undefined;
  #restarting: Promise<void> | undefined;
  #scope = new Scope();
  #gone = new AbortController();
  #state: NotebookKernelState = { kind: 'none' };

  constructor(
    notebook: vscode.NotebookDocument,
    choice: Choice,
    services: ConnectionServices,
    listener: ConnectionListener,
    folder: string | undefined,
  ) {
    this.folder = folder ?? folderOf(notebook);
    this.label = labelOf(choice.installation, choice.flavour);
    this.#notebook = notebook;
    this.#choice = choice;
    this.#services = services;
    this.#listener = listener;
  }

  /** Names the notebook to kernel hosts. */
  get identity(): string {
    const { uri, isUntitled } = this.#notebook;
    return (isUntitled ? uri.with({ fragment: this.#services.workspaceId }) : uri).toString();
  }

  get state(): NotebookKernelState {
    return this.#state;
  }

  /** The running session, if there is one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Fires when the notebook has let go of its kernel. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The running session; starts the kernel if there is none. @throws {UserError} when it does not start. */
  async open(): Promise<Session> {
    // Cells that are sent to a kernel which restarts would be dropped with those before.
    await this.#restarting;
    await this.#attaching?.catch(() => undefined);
    if (this.#session) return this.#session;
    if (!this.#opening) {
      const abort = new AbortController();
      const session = this.#start(abort.signal).finally(() => (this.#opening = undefined));
      this.#opening = { session, abort };
    }
    return this.#opening.session;
  }

  /** The running session. @throws {UserError} when there is none. */
  existing(): Session {
    if (this.#session) return this.#session;
    throw new UserError('This notebook has no running kernel. Run a cell to start one.');
  }

  /**
   * Attaches to the kernel that the notebook left running, if there is one.
   *
   * @param takeOver from another window.
   * @param attached is called as soon as it is.
   */
  async attach(takeOver: boolean, attached: (session: Session) => void): Promise<Attachment> {
    // Who takes over is not content with what came of asking.
    if (takeOver) await this.#attaching?.catch(() => undefined);
    if (this.#session || this.#opening || !vscode.workspace.isTrusted) return { kind: 'none' };
    this.#attaching ??= this.#attach(takeOver, attached).finally(() => (this.#attaching = undefined));
    return this.#attaching;
  }

  adopt(session: Session): void {
    this.#session = session;
    this.#scope = new Scope();
    this.#gone = new AbortController();
    this.#scope.defer(
      session.onState((state) => {
        this.#onState(state);
      }),
    );
    this.#scope.defer(
      session.onStray((event) => {
        this.#listener.stray(event);
      }),
    );
    this.#onState(session.state);
  }

  /** What kernels of this notebook that are gone left behind. */
  remains(): Promise<readonly Remains[]> {
    return this.#services.hosts.remains(this.identity);
  }

  /** Gives up a kernel that has not started yet. */
  cancelStart(): void {
    this.#opening?.abort.abort();
  }

  async restart(): Promise<void> {
    const session = this.existing();
    const title = `Restarting ${this.label}`;
    const restarting = withProgress(title, new AbortController().signal, (_, signal) =>
      session.restart(signal),
    );
    this.#restarting = restarting.catch(() => undefined);
    await restarting;
  }

  async shutDown(): Promise<void> {
    this.cancelStart();
    const session = this.#session;
    await this.letGo();
    await session?.shutDown();
  }

  /** Leaves the kernel to itself. */
  async detach(): Promise<void> {
    this.cancelStart();
    this.#gone.abort();
    const session = this.#session;
    await this.letGo();
    await session?.detach();
  }

  /** Gives the kernel to the file that this untitled notebook was saved as. */
  handOver(heir: KernelConnection): void {
    const session = this.#session;
    void this.letGo();
    if (session) heir.adopt(session);
    this.#services.hosts.rename(this.identity, heir.identity).catch((caught: unknown) => {
      this.#services.log.warn('a kernel does not know the new name of its notebook', caught);
    });
  }

  async letGo(): Promise<void> {
    this.#session = undefined;
    const scope = this.#scope;
    this.#scope = new Scope();
    this.#setState({ kind: 'none' });
    await scope.close();
  }

  async #attach(takeOver: boolean, attached: (session: Session) => void): Promise<Attachment> {
    const found = await this.#services.hosts.attach(this.#key(), takeOver, this.gone);
    if (found.kind !== 'attached') return found;
    if (this.#notebook.isClosed) {
      await found.session.detach();
      return { kind: 'none' };
    }
    this.adopt(found.session);
    attached(found.session);
    return found;
  }

  async #start(signal: AbortSignal): Promise<Session> {
    const { installation, flavour } = this.#choice;
    if (!vscode.workspace.isTrusted) throw untrusted();
    const missing = missingPackages(installation, flavour);
    if (missing.length > 0) throw withoutPackages(installation, missing);
    if (flavour === 'cpp') await this.#services.checkCompiler(installation);
    this.#setState({ kind: 'starting' });
    try {
      const session = await withProgress(`Starting ${this.label}`, signal, async (progress, cancelled) =>
        this.#services.hosts.open(await this.#launchSpec(cancelled), progress, cancelled),
      );
      this.adopt(session);
      return session;
    } catch (caught) {
      this.#setState({ kind: 'none' });
      throw caught;
    }
  }

  async #launchSpec(signal: AbortSignal): Promise<Parameters<KernelHosts['open']>[0]> {
    const { agentFolder, cacheFolder, environmentsFolder } = this.#services;
    const settings = readSettings(this.#notebook.uri);
    const { installation } = this.#choice;
    const variables = await environmentOf(installation, process.env, environmentsFolder, signal);
    return {
      ...this.#key(),
      folder: this.folder,
      agentFolder,
      cacheFolder,
      environment: { ...variables, ...settings['rootbook.kernel.environment'] },
      checkpoints: settings['rootbook.kernel.checkpoints'],
      outlivesClient: true,
      idleHours: settings['rootbook.kernel.idleHours'],
      maxOutputMegabytes: settings['rootbook.output.maxMegabytes'],
    };
  }

  #key(): KernelKey {
    const { installation, flavour } = this.#choice;
    return { notebook: this.identity, installation, flavour };
  }

  #onState(state: KernelState): void {
    this.#setState(state);
    if (state.kind === 'closed' || state.kind === 'takenOver') void this.letGo();
  }

  #setState(state: NotebookKernelState): void {
    this.#state = state;
    this.#listener.changed(state);
  }
}

function folderOf(notebook: vscode.NotebookDocument): string {
  if (notebook.uri.scheme === 'file') return path.dirname(notebook.uri.fsPath);
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
}
