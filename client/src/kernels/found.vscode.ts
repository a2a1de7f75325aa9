import { readFile } from 'node:fs/promises';
import os from 'node:os';
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Log } from '../base/log.ts';
import { condaEnvironments } from './conda.ts';
import { hostPlatform, ViewFinder } from './cvmfs.ts';
import { findInstallations } from './discovery.ts';
import { Installation } from './installation.ts';

/** The part of the Python extension's API that discovery reads. Source: https://github.com/microsoft/vscode-python-extension-api */
const PythonApi = z.object({
  environments: z.object({
    getActiveEnvironmentPath: z.custom<() => unknown>((value) => typeof value === 'function'),
    known: z.array(z.unknown()),
  }),
});
const ActivePath = z.object({ path: z.string() });
const KnownEnvironment = z.object({ path: z.string() });

const cacheKey = 'rootbook.installations';

/** Where the user says that ROOT may be. */
interface Places {
  readonly rootFolders: readonly string[];
  readonly pythonEnvironments: readonly string[];
  /** Empty: nowhere. */
  readonly cvmfsFolder: string;
}

/** Looks for ROOT on this machine and remembers what it finds, over restarts of the editor. */
export class FoundInstallations {
  readonly #memory: vscode.Memento;
  readonly #log: Log;
  readonly #views = new ViewFinder();
  #conda: Promise<readonly string[]> | undefined;

  constructor(memory: vscode.Memento, log: Log) {
    this.#memory = memory;
    this.#log = log;
  }

  /** What was found last time, so that controllers exist before discovery ends. */
  get remembered(): readonly Installation[] {
    return z.array(Installation).safeParse(this.#memory.get<unknown>(cacheKey)).data ?? [];
  }

  /**
   * Yields all that is found. Where nothing is remembered, what files tell comes first: conda and CVMFS may take seconds.
   *
   * @param afresh asks conda again, which is asked once otherwise.
   */
  async *find(places: Places, afresh: boolean): AsyncGenerator<readonly Installation[], void, undefined> {
    const started = performance.now();
    const asked = Promise.all([this.#findViews(places), this.#askConda(afresh)]);
    if (this.remembered.length === 0) {
      const early = await this.#look(places, [], []);
      if (early.length > 0) yield early;
    }
    const found = await this.#look(places, ...(await asked));
    const milliseconds = String(Math.round(performance.now() - started));
    this.#log.info(
      `found ${String(found.length)} ROOT in ${milliseconds} ms`,
      found.map(({ root }) => root).join(', '),
    );
    await this.#memory.update(cacheKey, found);
    yield found;
  }

  #look(
    { rootFolders, pythonEnvironments }: Places,
    views: readonly string[],
    conda: readonly string[],
  ): Promise<readonly Installation[]> {
    const folders = (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath);
    return findInstallations({
      home: os.homedir(),
      environment: process.env,
      folders,
      knownPythons: knownPythons(this.#log),
      condaEnvironments: conda,
      views,
      rootFolders,
      pythonEnvironments,
    });
  }

  async #findViews({ cvmfsFolder }: Places): Promise<readonly string[]> {
    if (cvmfsFolder === '') return [];
    const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
    const host = hostPlatform(release, process.arch);
    return host === undefined ? [] : this.#views.find(cvmfsFolder, host);
  }

  /** Starts a program, which nothing may do in a folder that the user does not trust. */
  #askConda(afresh: boolean): Promise<readonly string[]> {
    if (!vscode.workspace.isTrusted) return Promise.resolve([]);
    if (afresh) this.#conda = undefined;
    this.#conda ??= condaEnvironments(process.env);
    return this.#conda;
  }
}

/** Interpreters of the Python extension, if it runs; it is not started for this. */
function knownPythons(log: Log): readonly string[] {
  const extension = vscode.extensions.getExtension<unknown>('ms-python.python');
  if (!extension?.isActive) return [];
  const api = PythonApi.safeParse(extension.exports).data;
  if (!api) return [];
  try {
    const { environments } = api;
    const active = ActivePath.safeParse(environments.getActiveEnvironmentPath()).data;
    const known = environments.known.map((each) => KnownEnvironment.safeParse(each).data);
    return [active, ...known].flatMap((each) => (each ? [each.path] : []));
  } catch (caught) {
    log.warn('the Python extension did not tell its interpreters', caught);
    return [];
  }
}
