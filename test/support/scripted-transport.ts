import { Channel } from '../../client/src/base/channel.ts';
import type { KernelMessage } from '../../client/src/kernels/messages.ts';
import type { Transport } from '../../client/src/kernels/transport.ts';

/** What the script sends: the rest of a message is made up. */
export type Scripted = Pick<KernelMessage, 'channel' | 'type' | 'content'>;

/** A kernel host that answers each request with what the script says. */
export function scriptedTransport(script: (request: KernelMessage) => readonly Scripted[]): Transport & {
  readonly sent: readonly KernelMessage[];
  /** A message that answers no request. */
  say(message: Scripted): void;
  /** The connection ends. */
  end(error?: Error): void;
} {
  const incoming = new Channel<KernelMessage>();
  const sent: KernelMessage[] = [];
  let count = 0;
  return {
    sent,
    incoming,
    say(message) {
      incoming.push({ ...message, id: `r${String(++count)}` });
    },
    end(error) {
      incoming.end(error);
    },
    send(request) {
      sent.push(request);
      for (const reply of script(request))
        incoming.push({ ...reply, id: `r${String(++count)}`, parentId: request.id });
      return Promise.resolve();
    },
    close() {
      incoming.end();
      return Promise.resolve();
    },
  };
}
