import * as vscode from 'vscode';
import type { Scope } from '../base/scope.ts';
import { type Flavour, type Installation, missingPackages, labelOf } from '../kernels/installation.ts';
import { suitableFlavour, supportedLanguages } from './notebook-kind.ts';
import type { Choice } from './kernel-connection.vscode.ts';

/** Whose kernel a controller of ours runs, and what the user does with it. */
export interface ControllerActions {
  execute(
    choice: Choice,
    notebook: vscode.NotebookDocument,
    cells: readonly vscode.NotebookCell[],
  ): Promise<void>;
  interrupt(notebook: vscode.NotebookDocument): Promise<void>;
  selected(choice: Choice, notebook: vscode.NotebookDocument, isSelected: boolean): void;
}

const notebookType = 'jupyter-notebook';
const flavours: readonly Flavour[] = ['cpp', 'python', 'python-jupyter'];

/**
 * Offers a controller for each ROOT and flavour. For notebooks that use ROOT, and for those only, prefers the one that was
 * chosen in this workspace before, or the first.
 */
export class Controllers {
  readonly #scope: Scope;
  readonly #shown = new vscode.EventEmitter<void>();
  readonly #actions: ControllerActions;
  readonly #registered: readonly string[];
  /** Notebooks whose kernel was selected once; what the user chooses afterwards stays. */
  readonly #offered = new WeakSet<vscode.NotebookDocument>();
  /** What each notebook had selected last. */
  readonly #selected = new WeakMap<vscode.NotebookDocument, Choice>();
  readonly #memory: vscode.Memento;
  #choices = new Map<string, Choice & { readonly scope: Scope }>();
  /** Stands in while there is no ROOT: without it, the editor sends who runs a cell to the marketplace. */
  #placeholder: { readonly controller: vscode.NotebookController; readonly scope: Scope } | undefined;

  /** @param memory of the workspace, for which of several ROOTs is used in it. */
  constructor(
    scope: Scope,
    actions: ControllerActions,
    registeredLanguages: readonly string[],
    memory: vscode.Memento,
  ) {
    this.#memory = memory;
    this.#scope = scope;
    scope.own(this.#shown);
    this.#actions = actions;
    this.#registered = registeredLanguages;
    scope.own(
      vscode.workspace.onDidOpenNotebookDocument((notebook) => {
        this.#prefer(notebook);
      }),
    );
    scope.own(
      vscode.window.onDidChangeActiveNotebookEditor(() => {
        this.#selectForActive();
      }),
    );
  }

  /** After the installations on this machine were looked at again. */
  get onDidShow(): vscode.Event<void> {
    return this.#shown.event;
  }

  get choices(): readonly Choice[] {
    return [...this.#choices.values()];
  }

  /** Shows these installations; keeps the controllers of those shown before, which notebooks may have selected. */
  async show(installations: readonly Installation[]): Promise<void> {
    const before = this.#choices;
    this.#choices = new Map();
    for (const installation of installations) {
      for (const flavour of flavoursOf(installation)) {
        const id = idOf(installation, flavour);
        const kept = before.get(id);
        const isSame = JSON.stringify(kept?.installation) === JSON.stringify(installation);
        if (kept && isSame) this.#choices.set(id, kept);
        else {
          await kept?.scope.close();
          this.#choices.set(id, this.#create(id, installation, flavour));
        }
        before.delete(id);
      }
    }
    for (const gone of before.values()) await gone.scope.close();
    this.#tellApart();
    if (this.#choices.size === 0) this.#placeholder ??= this.#createPlaceholder();
    else {
      await this.#placeholder?.scope.close();
      this.#placeholder = undefined;
    }
    for (const notebook of vscode.workspace.notebookDocuments) this.#prefer(notebook);
    this.#selectForActive();
    this.#shown.fire();
  }

  /** What a notebook has selected, or had last. */
  selectedIn(notebook: vscode.NotebookDocument): Choice | undefined {
    return this.#selected.get(notebook);
  }

  /** The first controller of a flavour that is ours to the end, or that of the installation that is named. */
  find(flavour: Flavour, installationId?: string): Choice | undefined {
    return this.choices.find(
      (choice) =>
        choice.flavour === flavour &&
        (installationId === undefined
          ? !choice.installation.kernelspec
          : choice.installation.id === installationId),
    );
  }

  #create(id: string, installation: Installation, flavour: Flavour): Choice & { readonly scope: Scope } {
    const scope = this.#scope.child();
    const controller = scope.own(
      vscode.notebooks.createNotebookController(id, notebookType, labelOf(installation, flavour)),
    );
    const choice = { installation, flavour, controller, scope };
    const isPython = flavour !== 'cpp' || installation.kernelspec !== undefined;
    controller.description = (isPython ? installation.python : undefined) ?? installation.root;
    controller.detail = detailOf(installation, flavour);
    controller.supportedLanguages = supportedLanguages(flavour, this.#registered);
    controller.supportsExecutionOrder = true;
    controller.executeHandler = (cells, notebook) => this.#actions.execute(choice, notebook, cells);
    controller.interruptHandler = (notebook) => this.#actions.interrupt(notebook);
    scope.own(
      controller.onDidChangeSelectedNotebooks(({ notebook, selected }) => {
        if (selected) this.#remember(choice, notebook);
        this.#actions.selected(choice, notebook, selected);
      }),
    );
    return choice;
  }

  /** Names several kernels that would have the same label after their folders. */
  #tellApart(): void {
    const labels = this.choices.map(({ installation, flavour }) => labelOf(installation, flavour));
    for (const [index, { installation, controller }] of this.choices.entries()) {
      const label = labels[index] ?? '';
      const isAlone = labels.indexOf(label) === labels.lastIndexOf(label);
      controller.label =
        isAlone || label.includes(installation.name) ? label : `${label} (${installation.name})`;
    }
  }

  /** The first kernel of a notebook is the editor's or our choice; another one of the same kind is the user's. */
  #remember(choice: Choice, notebook: vscode.NotebookDocument): void {
    const before = this.#selected.get(notebook);
    this.#selected.set(notebook, choice);
    const { installation, flavour } = choice;
    if (before?.flavour !== flavour || before.installation.id === installation.id) return;
    void this.#memory.update(choiceKey(flavour), installation.id);
  }

  #createPlaceholder(): { readonly controller: vscode.NotebookController; readonly scope: Scope } {
    const scope = this.#scope.child();
    const controller = scope.own(
      vscode.notebooks.createNotebookController('none', notebookType, 'ROOT is not installed'),
    );
    controller.description = 'Run a cell to install it, or to show where it is';
    controller.supportedLanguages = supportedLanguages('cpp', this.#registered);
    controller.executeHandler = async () => {
      await vscode.commands.executeCommand('rootbook.findRoot');
    };
    return { controller, scope };
  }

  /** Marks one controller as the one to take, so that the kernel picker has it on top. */
  #prefer(notebook: vscode.NotebookDocument): void {
    if (notebook.notebookType !== notebookType) return;
    const preferred = this.#suitable(notebook);
    const { Preferred, Default } = vscode.NotebookControllerAffinity;
    const placeholder = this.#placeholder?.controller;
    for (const controller of [placeholder, ...this.choices.map((choice) => choice.controller)]) {
      controller?.updateNotebookAffinity(notebook, controller === preferred ? Preferred : Default);
    }
  }

  /**
   * Selects the kernel of a ROOT notebook that has none. The editor does not do so by itself while there are several
   * controllers, and takes `skipIfAlreadySelected` for the notebook in front only.
   */
  #selectForActive(): void {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    if (notebook?.notebookType !== notebookType || this.#offered.has(notebook)) return;
    const controller = this.#suitable(notebook);
    if (!controller) return;
    const { id } = controller;
    if (controller !== this.#placeholder?.controller) this.#offered.add(notebook);
    const extension = 'rootbook.rootbook';
    void vscode.commands.executeCommand('notebook.selectKernel', {
      id,
      extension,
      skipIfAlreadySelected: true,
    });
  }

  #suitable(notebook: vscode.NotebookDocument): vscode.NotebookController | undefined {
    const flavour = suitableFlavour(factsOf(notebook));
    // A Python notebook may run without our ROOT, on a kernel of others.
    const placeholder = flavour === 'cpp' ? this.#placeholder : undefined;
    if (!flavour || placeholder) return placeholder?.controller;
    const chosen = this.#memory.get<string>(choiceKey(flavour));
    const kept = chosen === undefined ? undefined : this.find(flavour, chosen);
    return (kept ?? this.find(flavour))?.controller;
  }
}

export function factsOf(notebook: vscode.NotebookDocument): Parameters<typeof suitableFlavour>[0] {
  return {
    metadata: notebook.metadata['metadata'],
    cells: notebook
      .getCells()
      .filter(({ kind }) => kind === vscode.NotebookCellKind.Code)
      .map(({ document, outputs }) => ({
        language: document.languageId,
        text: document.getText(),
        shows: outputs.flatMap(({ items }) => items.map(({ mime }) => mime)),
      })),
  };
}

/** Stable over restarts of the editor, so that a notebook keeps its controller. */
function idOf(installation: Installation, flavour: Flavour): string {
  return `${flavour}-${installation.id}`;
}

function choiceKey(flavour: Flavour): string {
  return `rootbook.choice.${flavour}`;
}

function flavoursOf({ python, kernelspec }: Installation): readonly Flavour[] {
  if (kernelspec) return [kernelspec.language === 'cpp' ? 'cpp' : 'python-jupyter'];
  return flavours.filter((flavour) => flavour === 'cpp' || python !== undefined);
}

function detailOf(installation: Installation, flavour: Flavour): string {
  const { origin, kernelspec } = installation;
  const missing = missingPackages(installation, flavour);
  if (missing.length > 0) return `without ${missing.join(' and ')}, which can be installed`;
  if (kernelspec) {
    return kernelspec.language === 'cpp'
      ? 'the kernel that ROOT brings for Jupyter'
      : 'a kernel that is installed for Jupyter';
  }
  if (flavour === 'python-jupyter') return 'ipykernel, for what needs it; a crash ends it';
  const origins = {
    wheel: 'from a Python environment',
    thisroot: 'from ROOTSYS',
    conda: 'from a conda environment',
    path: 'from the PATH',
    setting: 'from the settings',
    cvmfs: 'from CVMFS',
    kernelspec: 'installed for Jupyter',
  } as const;
  return origins[origin];
}
