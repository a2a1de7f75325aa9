import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { Channel } from '../base/channel.ts';
import { UserError } from '../base/errors.ts';
import type { CellEvent } from './cell-events.ts';
import type { CellPlace, Execution, Remark } from './execution.ts';
import { type Completions, toCompletions, toInspection, toQuestion } from './introspection.ts';
import type { KernelMessage, MimeBundle } from './messages.ts';
import { toCellEvent } from './to-cell-event.ts';
import type { Transport } from './transport.ts';

const Undone = z.object({ status: z.literal('ok'), undone: z.array(z.string()) });

export type CellLanguage = 'cpp' | 'python';

/** One cell to run. */
export interface CellRequest {
  /** A name for this run, never used before. */
  readonly id: string;
  readonly code: string;
  readonly language: CellLanguage;
  readonly place: CellPlace;
  /** Where the queue goes on although this cell fails (tag `raises-exception`). */
  readonly mayFail: boolean;
}

/** `dead`: the interpreter is gone and `restart` is the only way on; `reason` is worded for the user. */
export type KernelState =
  | { readonly kind: 'starting' | 'idle' | 'busy' | 'closed' }
  /** Another window has it now, and goes on with it. */
  | { readonly kind: 'takenOver' }
  | { readonly kind: 'dead'; readonly reason: string };

/** A conversation with one kernel. The kernel side owns the queue: send all cells of a Run All at once. */
export interface Session {
  /**
   * Queues a cell and yields what happens to it; the last event is `done`, also after a crash.
   *
   * When `signal` fires the iteration throws `AbortError`; the kernel is not interrupted by that.
   * @throws {UserError} when the connection ends before the cell does.
   */
  execute(request: CellRequest, signal: AbortSignal): AsyncIterable<CellEvent>;
  /** Runs of earlier windows that are not known to be saved, oldest first; as it was when this session began. */
  readonly executions: readonly Execution[];
  /** What is to be said beside cells; as it was when this session began. */
  readonly remarks: readonly Remark[];
  /**
   * Yields what happened to a run of an earlier window, from its first event on, and what happens to it from now on.
   *
   * Ends, and throws, as `execute` does. A run that was not over when the kernel host ended ends as `error`.
   */
  follow(id: string, signal: AbortSignal): AsyncIterable<CellEvent>;
  /** The notebook was saved with the outputs of these runs, which need not be remembered any longer. */
  saved(ids: readonly string[]): Promise<void>;
  /**
   * What may follow at an offset of Python code, by what the interpreter holds now. Ask only while it is idle: it answers
   * between cells. @returns `undefined` when it knows nothing.
   */
  complete(code: string, offset: number, signal: AbortSignal): Promise<Completions | undefined>;
  /** What the interpreter knows of the name at an offset of Python code; as above. */
  inspect(code: string, offset: number, signal: AbortSignal): Promise<MimeBundle | undefined>;
  /** Asks the running cell to stop at a safe point and takes all queued ones out of the queue. */
  interrupt(): Promise<void>;
  /** Ends the running cell at once and brings the session back to what it was before that cell. */
  goBack(): Promise<void>;
  /**
   * Brings the session back to what it was before an earlier cell.
   *
   * @returns ids of the cells that are undone by that, oldest first.
   * @throws {UserError} when no checkpoint is that old.
   */
  goBackTo(cellId: string): Promise<readonly string[]>;
  /** A fresh interpreter in the same kernel host. Queued cells are aborted. */
  restart(signal: AbortSignal): Promise<void>;
  /** Ends kernel and host. */
  shutDown(): Promise<void>;
  /** Leaves the kernel running and lets go of it. */
  detach(): Promise<void>;
  readonly state: KernelState;
  /** @returns a function that stops listening. */
  onState(listener: (state: KernelState) => void): () => void;
  /** Output that belongs to no cell: threads that print on, later events. @returns a function that stops listening. */
  onStray(listener: (event: CellEvent) => void): () => void;
}

/** Another window has the kernel now: what runs goes on there. */
export class TakenOver extends UserError {
  constructor() {
    super('Another window has taken over the kernel.');
  }
}

/**
 * Builds a session on a transport to a kernel host; owns the transport from then on.
 *
 * @param known what the kernel side still remembers of earlier sessions.
 */
export function createSession(
  transport: Transport,
  { executions, remarks }: Pick<Session, 'executions' | 'remarks'> = { executions: [], remarks: [] },
): Session {
  const running = new Map<string, Channel<CellEvent>>();
  const waiting = new Map<string, (content: KernelMessage['content']) => void>();
  const stateListeners = new Set<(state: KernelState) => void>();
  const strayListeners = new Set<(event: CellEvent) => void>();
  let state: KernelState = { kind: 'starting' };
  void pump();

  async function pump(): Promise<void> {
    let failure = new UserError('The kernel host closed the connection.');
    try {
      for await (const message of transport.incoming) deliver(message);
    } catch (cause) {
      failure = new UserError('The connection to the kernel was lost.', { cause });
    }
    if (state.kind === 'takenOver') failure = new TakenOver();
    for (const events of running.values()) events.end(failure);
    running.clear();
    if (state.kind !== 'takenOver') setState({ kind: 'closed' });
    for (const resolve of waiting.values()) resolve({ status: 'error' });
  }

  function setState(next: KernelState): void {
    state = next;
    for (const listener of stateListeners) listener(next);
  }

  function deliver(message: KernelMessage): void {
    const { type, parentId, content } = message;
    if (type === 'rootbook_state') {
      setState(toState(content));
      return;
    }
    const answer = parentId === undefined ? undefined : waiting.get(parentId);
    if (answer && message.type.endsWith('_reply')) {
      answer(content);
      return;
    }
    const event = toCellEvent(message, (text) => {
      void send('stdin', 'input_reply', { value: text });
    });
    if (!event) return;
    const events = parentId === undefined ? undefined : running.get(parentId);
    if (events && parentId !== undefined) {
      events.push(event);
      if (event.kind !== 'done') return;
      events.end();
      running.delete(parentId);
    } else for (const listener of strayListeners) listener(event);
  }

  async function send(
    channel: KernelMessage['channel'],
    type: string,
    content: KernelMessage['content'],
    metadata: KernelMessage['metadata'] = {},
  ): Promise<string> {
    const id = randomUUID();
    await transport.send({ channel, type, id, content, metadata });
    return id;
  }

  /** Sends a request. @returns the content of the reply. */
  async function ask(
    type: string,
    content: KernelMessage['content'] = {},
    signal?: AbortSignal,
    channel: KernelMessage['channel'] = 'control',
  ): Promise<KernelMessage['content']> {
    const id = randomUUID();
    let cancel = (): void => undefined;
    const reply = new Promise<KernelMessage['content']>((resolve, reject) => {
      waiting.set(id, resolve);
      cancel = () => {
        reject(new DOMException('cancelled', 'AbortError'));
      };
    });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      await transport.send({ channel, type, id, content });
      return await reply;
    } finally {
      waiting.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** What happens to an execution, once `request` has asked for it. */
  async function* listen(
    id: string,
    signal: AbortSignal,
    request: () => Promise<unknown>,
  ): AsyncGenerator<CellEvent, void, undefined> {
    signal.throwIfAborted();
    // All cells of a Run All listen to one signal.
    setMaxListeners(0, signal);
    const events = new Channel<CellEvent>();
    running.set(id, events);
    const cancel = (): void => {
      events.end(new DOMException('no longer listening', 'AbortError'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await request();
      yield* events;
    } finally {
      signal.removeEventListener('abort', cancel);
      running.delete(id);
    }
  }

  return {
    executions,
    remarks,
    execute({ id, code, language, place, mayFail }, signal) {
      const metadata = { language, place, mayFail };
      const message = { channel: 'shell', type: 'execute_request', id, content: { code }, metadata } as const;
      return listen(id, signal, () => transport.send(message));
    },
    follow: (id, signal) => listen(id, signal, () => send('control', 'rootbook_follow', { execution: id })),
    async saved(ids) {
      if (ids.length > 0) await send('control', 'rootbook_saved', { executions: ids });
    },
    async complete(code, offset, signal) {
      return toCompletions(code, await ask('complete_request', toQuestion(code, offset), signal, 'shell'));
    },
    async inspect(code, offset, signal) {
      const content = { ...toQuestion(code, offset), detail_level: 0 };
      return toInspection(await ask('inspect_request', content, signal, 'shell'));
    },
    async interrupt() {
      await ask('interrupt_request');
    },
    async goBack() {
      if ((await ask('rootbook_go_back'))['status'] !== 'ok')
        throw new UserError('There is no checkpoint to go back to. Restart the kernel instead.');
    },
    async goBackTo(cell) {
      const reply = Undone.safeParse(await ask('rootbook_go_back_to', { cell }));
      if (reply.success) return reply.data.undone;
      throw new UserError(
        'No checkpoint is old enough to go back to before this cell, or it did not run in this kernel. The setting rootbook.kernel.checkpoints says how many are kept.',
      );
    },
    async restart(signal) {
      await ask('rootbook_restart', {}, signal);
      if (state.kind === 'dead') throw new UserError(state.reason);
    },
    async shutDown() {
      if (state.kind !== 'closed') await ask('shutdown_request').catch(() => undefined);
      await transport.close();
    },
    detach: () => transport.close(),
    get state() {
      return state;
    },
    onState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    onStray(listener) {
      strayListeners.add(listener);
      return () => strayListeners.delete(listener);
    },
  };
}

function toState(content: KernelMessage['content']): KernelState {
  const kind = content['state'];
  const reason = content['reason'];
  if (kind === 'dead') return { kind, reason: typeof reason === 'string' ? reason : 'The kernel ended.' };
  const known = kind === 'idle' || kind === 'busy' || kind === 'closed' || kind === 'takenOver';
  return known ? { kind } : { kind: 'starting' };
}
