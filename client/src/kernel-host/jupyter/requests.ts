import type { KernelMessage } from '../../kernels/messages.ts';
import type { Emission } from '../backend.ts';

/** A request on its way. It is over when its reply came and the kernel said that it is idle. */
export interface Pending {
  readonly emit: (emission: Emission) => void;
  /** Called once, with the content of the reply. */
  readonly done: (reply: Readonly<Record<string, unknown>>) => void;
  /** Called at the first sign that the kernel works on it with interrupts enabled. */
  readonly started?: () => void;
  /** Called when the kernel says that it is idle and has not replied; the reply may still be on its way. */
  readonly unanswered?: () => void;
  /** Comm messages are never answered. */
  readonly hasReply: boolean;
}

interface State {
  readonly pending: Pending;
  reply: Readonly<Record<string, unknown>> | undefined;
  idle: boolean;
}

/** Sorts what a kernel says by the requests that it answers. */
export class Requests {
  readonly #states = new Map<string, State>();

  add(id: string, pending: Pending): void {
    this.#states.set(id, { pending, reply: pending.hasReply ? undefined : {}, idle: false });
  }

  remove(id: string): void {
    this.#states.delete(id);
  }

  /** @returns whether the message belongs to a request that is not over. */
  take(message: KernelMessage): boolean {
    const id = message.parentId;
    const state = id === undefined ? undefined : this.#states.get(id);
    if (id === undefined || !state) return false;
    this.#apply(message, state);
    if (state.idle && state.reply) {
      this.#states.delete(id);
      state.pending.done(state.reply);
    } else if (message.type === 'status' && state.idle) {
      state.pending.unanswered?.();
    }
    return true;
  }

  #apply(message: KernelMessage, state: State): void {
    if (message.type === 'status') {
      if (message.content['execution_state'] === 'idle') state.idle = true;
    } else if (message.type === 'execute_input') {
      state.pending.started?.();
    } else if (message.channel === 'shell' || message.channel === 'control') {
      state.reply = message.content;
      if (message.type !== 'execute_reply') state.pending.emit(toEmission(message));
    } else {
      state.pending.emit(toEmission(message));
    }
  }
}

export function toEmission({ channel, type, content, metadata, buffers }: KernelMessage): Emission {
  return { channel, type, content, ...(metadata ? { metadata } : {}), ...(buffers ? { buffers } : {}) };
}
