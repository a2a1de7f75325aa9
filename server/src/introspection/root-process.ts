import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { Entity, type Introspector } from './introspector.ts';

export interface RootCommand {
  readonly executable: string;
  readonly macro: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const Answer = z.union([
  z.object({ ready: z.literal(true), version: z.string() }),
  z.object({
    id: z.number(),
    status: z.enum(['done', 'timeout', 'cancelled', 'crashed']),
    output: z.string(),
  }),
]);

/** Milliseconds. */
const limits = { compile: 10_000, members: 10_000, names: 20_000, idle: 30 * 60_000, longestBackoff: 60_000 };
type Operation = 'compile' | 'members' | 'names';

interface Asked {
  readonly resolve: (output: string | undefined) => void;
  readonly frame: string;
}

/**
 * One ROOT that answers all documents. It starts with the first question, ends when it was not asked for long, and is started
 * again when it dies: each time a little later, until it has answered.
 */
export class RootProcess implements Introspector {
  readonly #command: RootCommand;
  readonly #log: (line: string) => void;
  readonly #asked = new Map<number, Asked>();
  readonly #members = new Map<string, Promise<readonly Entity[] | null | undefined>>();
  #names: Promise<readonly Entity[] | undefined> | undefined;
  #child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #lastId = 0;
  #failures = 0;
  #notBefore = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(command: RootCommand, log: (line: string) => void) {
    this.#command = command;
    this.#log = log;
  }

  /** Of the process, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  compile(program: string, folder: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#ask('compile', folder, program, signal);
  }

  members(type: string, signal: AbortSignal): Promise<readonly Entity[] | null | undefined> {
    return remember(this.#members, type, async () => {
      const output = await this.#ask('members', '', type, signal);
      return output === undefined ? undefined : parseRows(output);
    });
  }

  async names(signal: AbortSignal): Promise<readonly Entity[] | undefined> {
    // Not cancelled with who asks first: all others wait for the same.
    this.#names ??= this.#ask('names', '', '', new AbortController().signal).then((output) =>
      output === undefined ? undefined : (parseRows(output) ?? []),
    );
    const names = await this.#names;
    if (!names) this.#names = undefined;
    signal.throwIfAborted();
    return names;
  }

  /** Ends the process; unanswered questions get no answer. */
  dispose(): void {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
    this.#forget();
  }

  #ask(operation: Operation, folder: string, body: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const child = this.#started();
    if (!child) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    const sizes = [limits[operation], Buffer.byteLength(folder), Buffer.byteLength(body)];
    const frame = `${String(id)} ${operation} ${sizes.join(' ')}\n${folder}${body}`;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (!this.#asked.delete(id)) return;
        child.stdin.write(`${String(id)} cancel 0 0 0\n`);
        reject(new DOMException('cancelled', 'AbortError'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = (output: string | undefined): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(output);
      };
      this.#asked.set(id, { resolve: settle, frame });
      child.stdin.write(frame);
    });
  }

  #started(): ChildProcessByStdio<Writable, Readable, Readable> | undefined {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.dispose();
    }, limits.idle);
    this.#idle.unref();
    if (this.#child) return this.#child;
    if (Date.now() < this.#notBefore) return undefined;
    const { executable, macro, environment } = this.#command;
    const child = spawn(executable, ['-l', '-b', '-n', '-q', macro], {
      env: {
        ...environment,
        EXTRA_CLING_ARGS: '-fdiagnostics-parseable-fixits -fno-color-diagnostics -ferror-limit=50',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    const gone = (why: string): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#failures++;
      const wait = Math.min(limits.longestBackoff, 250 * 2 ** (this.#failures - 1));
      // The first restart is at once.
      this.#notBefore = this.#failures === 1 ? 0 : Date.now() + wait;
      this.#log(`ROOT of the language help ended (${why})`);
      this.#forget();
    };
    child.once('error', (error) => {
      gone(error.message);
    });
    child.once('close', (code, signal) => {
      gone(signal ?? `exit code ${String(code)}`);
    });
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#receive(line);
    });
    createInterface({ input: child.stderr }).on('line', this.#log);
    return child;
  }

  #receive(line: string): void {
    // ROOT says which macro it runs.
    if (!line.startsWith('{')) return;
    const answer = Answer.parse(parseJson(line));
    if ('ready' in answer) {
      this.#log(`ROOT ${answer.version} is ready for language help`);
      return;
    }
    if (answer.status === 'done') this.#failures = 0;
    else if (answer.status !== 'cancelled') this.#log(`a question to ROOT ended: ${answer.status}`);
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    asked?.resolve(answer.status === 'done' ? answer.output : undefined);
  }

  #forget(): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { resolve } of asked) resolve(undefined);
  }
}

/** What was answered once is not asked again; what was not answered is. */
function remember<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const answer = ask();
  known.set(key, answer);
  void answer.then(
    (value) => {
      if (value === undefined) known.delete(key);
    },
    () => known.delete(key),
  );
  return answer;
}

function parseRows(output: string): readonly Entity[] | null {
  // What libraries print when they are loaded comes before.
  const start = /^(\[\{|\[\]|null$)/m.exec(output);
  return start
    ? z
        .array(Entity)
        .nullable()
        .parse(parseJson(output.slice(start.index)))
    : null;
}

function parseJson(text: string): unknown {
  return JSON.parse(text) as unknown;
}
