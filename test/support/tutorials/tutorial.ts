import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What a tutorial did, in a ROOT of its own or as a notebook. */
export interface Run {
  /** Whether it came to its end without an error. */
  readonly ended: boolean;
  /** Why it did not. */
  readonly problem: string;
  readonly stdout: string;
  /** What its canvases hold at the end, as `canvases.C` says it. */
  readonly canvases: string;
}

/** The ROOT that judges and runs: its folder (with `bin` and `tutorials`), and a Python that has it. */
export interface JudgedRoot {
  readonly root: string;
  readonly python: string;
  readonly version: string;
}

/** Both users of this room, tests and benches, run at the repository's top. */
export const supportFolder = path.resolve('test/support/tutorials');

export function sourceOf({ root }: JudgedRoot, tutorial: string): string {
  return readFileSync(path.join(root, 'tutorials', tutorial), 'utf8');
}

interface Ended {
  /** Nothing when it was killed or took too long. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which a tutorial finds the files that lie beside it, and a home without anybody's settings. */
export class Workplace {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-tutorial-'));
  readonly #home = mkdtempSync(path.join(os.tmpdir(), 'rootbook-home-'));

  constructor({ root }: JudgedRoot, tutorial: string) {
    cpSync(path.join(root, 'tutorials', path.dirname(tutorial)), this.folder, { recursive: true });
    // Compiled macros belong here and not beside their sources; stack traces of crashes would take seconds.
    writeFileSync(path.join(this.#home, '.rootrc'), `ACLiC.BuildDir: ${this.#home}\nRoot.Stacktrace: 0\n`);
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
  }

  /** The text of a file, empty where there is none. */
  read(name: string): string {
    const file = path.join(this.folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Each run has a folder of its own, which tutorials print. */
  withoutPlace(text: string): string {
    return text.replaceAll(this.folder, 'FOLDER').replaceAll(this.#home, 'HOME');
  }

  run(
    program: string,
    args: readonly string[],
    limitSeconds: number,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: this.folder,
        env: {
          ...process.env,
          HOME: this.#home,
          XDG_STATE_HOME: path.join(this.#home, 'state'),
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: limitSeconds * 1000,
        killSignal: 'SIGKILL',
      });
      const text = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].setEncoding('utf8').on('data', (piece: string) => (text[name] += piece));
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code: code ?? undefined, ...text });
      });
    });
  }

  remove(): void {
    for (const folder of [this.folder, this.#home]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Works in a place for a tutorial, which is removed afterwards. */
export async function atWorkplace<T>(
  judged: JudgedRoot,
  tutorial: string,
  work: (place: Workplace) => Promise<T>,
): Promise<T> {
  const place = new Workplace(judged, tutorial);
  try {
    return await work(place);
  } finally {
    place.remove();
  }
}
