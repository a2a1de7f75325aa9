import type { KernelMessage } from './messages.ts';

/**
 * A way to a kernel: the kernel host's socket on this machine, or a WebSocket of a Jupyter server.
 *
 * It only carries messages. Which reply belongs to which request is decided in `session.ts`.
 */
export interface Transport {
  send(message: KernelMessage): Promise<void>;
  /** Every message from the kernel; ends when the connection does, throws when it breaks. */
  readonly incoming: AsyncIterable<KernelMessage>;
  close(): Promise<void>;
}
