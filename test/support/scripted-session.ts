import { Channel } from '../../client/src/base/channel.ts';
import type { CellEvent } from '../../client/src/kernels/cell-events.ts';
import type { CellRequest, Session } from '../../client/src/kernels/session.ts';

/** A session in which the test says what happens to each cell. */
export interface ScriptedSession extends Session {
  /** Cells sent so far. */
  readonly requests: readonly CellRequest[];
  readonly interrupts: number;
  /** Lets something happen to the n-th cell. */
  say(cell: number, ...events: readonly CellEvent[]): void;
  /** Breaks the connection of the n-th cell. */
  fail(cell: number, error: Error): void;
}

export function createScriptedSession(): ScriptedSession {
  const requests: CellRequest[] = [];
  const channels: Channel<CellEvent>[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  let interrupts = 0;
  return {
    requests,
    get interrupts() {
      return interrupts;
    },
    say(cell, ...events) {
      for (const event of events) {
        channels[cell]?.push(event);
        if (event.kind === 'done') channels[cell]?.end();
      }
    },
    fail: (cell, error) => channels[cell]?.end(error),
    execute(request) {
      requests.push(request);
      const channel = new Channel<CellEvent>();
      channels.push(channel);
      return channel;
    },
    executions: [],
    remarks: [],
    follow: () => new Channel<CellEvent>(),
    saved: nothing,
    interrupt() {
      interrupts += 1;
      return nothing();
    },
    goBack: nothing,
    complete: () => Promise.resolve(undefined),
    inspect: () => Promise.resolve(undefined),
    goBackTo: () => Promise.resolve([]),
    restart: nothing,
    shutDown: nothing,
    detach: nothing,
    state: { kind: 'idle' },
    onState: () => () => undefined,
    onStray: () => () => undefined,
  };
}
