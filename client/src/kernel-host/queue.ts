import type { CellMetadata } from './frames.ts';
import type { Backend, BackendReply, Emission } from './backend.ts';
import type { KernelMessage } from '../kernels/messages.ts';

/** Sends an emission as part of the answer to a request; without a request it belongs to none. */
export type Reply = (emission: Emission, parentId: string | undefined) => void;

export interface QueuedCell {
  readonly message: KernelMessage;
  readonly metadata: CellMetadata;
}

/**
 * The cells of one kernel, run one at a time in the order they came.
 *
 * A failed cell takes all that wait behind it out of the queue, unless it may fail.
 */
export class CellQueue {
  readonly #reply: Reply;
  readonly #waiting: QueuedCell[] = [];
  #running: QueuedCell | undefined;
  #interrupted = false;
  #count = 0;
  /** Called when the queue starts to work and when it has nothing left to do. */
  onBusy: (busy: boolean) => void = () => undefined;

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  /** Cells that run or wait. */
  get length(): number {
    return this.#waiting.length + (this.#running ? 1 : 0);
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Adds an `execute_request` and works until nothing is left. */
  add({ message, metadata }: QueuedCell, backend: () => Backend | undefined): void {
    this.#waiting.push({ message, metadata });
    if (!this.#running) void this.#work(backend);
  }

  /** Takes out all that waits, and stops the queue after the running cell even if that ends well. */
  interrupt(): void {
    this.#interrupted = this.#running !== undefined;
    this.abortWaiting();
  }

  abortWaiting(): void {
    for (const { message } of this.#waiting.splice(0)) this.#finish(message.id, { status: 'aborted' });
  }

  /** Execution counts start again. */
  reset(): void {
    this.abortWaiting();
    this.#count = 0;
  }

  async #work(backend: () => Backend | undefined): Promise<void> {
    this.onBusy(true);
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const kernel = backend();
      if (!kernel || isBlank(next.message)) {
        // A blank cell is not counted, as in every Jupyter kernel.
        this.#finish(next.message.id, { status: kernel ? 'ok' : 'aborted' });
        continue;
      }
      this.#running = next;
      this.#interrupted = false;
      const reply = await this.#run(next, kernel);
      if ((reply.status === 'error' && !next.metadata.mayFail) || this.#wasInterrupted()) this.abortWaiting();
      kernel.settled(this.#waiting.length === 0);
    }
    this.#running = undefined;
    this.onBusy(false);
  }

  #wasInterrupted(): boolean {
    return this.#interrupted;
  }

  async #run({ message, metadata }: QueuedCell, backend: Backend): Promise<BackendReply> {
    const count = ++this.#count;
    this.#reply({ channel: 'iopub', type: 'execute_input', content: { execution_count: count } }, message.id);
    const emit = (emission: Emission): void => {
      this.#reply(emission, message.id);
    };
    const code = message.content['code'];
    const cell = {
      code: typeof code === 'string' ? code : '',
      count,
      language: metadata.language,
      cellId: metadata.place.cellId,
    };
    let reply: BackendReply;
    try {
      reply = await backend.execute(cell, emit);
    } catch (defect) {
      const text = defect instanceof Error ? defect.message : String(defect);
      emit({
        channel: 'iopub',
        type: 'error',
        content: { ename: 'InternalError', evalue: text, traceback: [text] },
      });
      reply = { status: 'error' };
    }
    this.#finish(message.id, { ...reply, execution_count: count });
    return reply;
  }

  /** The last word about a cell; there is no `status` besides, since the reply comes after all output. */
  #finish(id: string, content: Readonly<Record<string, unknown>>): void {
    this.#reply({ channel: 'shell', type: 'execute_reply', content }, id);
  }
}

function isBlank({ content }: KernelMessage): boolean {
  return typeof content['code'] === 'string' && content['code'].trim() === '';
}
