import { describe, expect, it } from 'vitest';
import type {
  Backend,
  BackendCell,
  BackendReply,
  Emission,
} from '../../../../client/src/kernel-host/backend.ts';
import { CellQueue } from '../../../../client/src/kernel-host/queue.ts';

interface Sent {
  readonly emission: Emission;
  readonly parent: string | undefined;
}

/** A backend whose cells end when the test says so: `ok`, `error`, or a defect. */
function slowBackend(): Backend & { readonly cells: BackendCell[]; end(reply: BackendReply | Error): void } {
  const cells: BackendCell[] = [];
  let finish: (reply: BackendReply | Error) => void = () => undefined;
  return {
    cells,
    end(reply) {
      finish(reply);
    },
    execute: (cell) =>
      new Promise((resolve, reject) => {
        cells.push(cell);
        finish = (reply) => {
          if (reply instanceof Error) reject(reply);
          else resolve(reply);
        };
      }),
    handle: () => undefined,
    interrupt: () => undefined,
    goBack: () => false,
    settled: () => undefined,
    close: () => Promise.resolve(),
    onStray: () => undefined,
    onDeath: () => undefined,
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(): {
  backend: ReturnType<typeof slowBackend>;
  sent: Sent[];
  queue: CellQueue;
  add: (id: string, mayFail?: boolean) => void;
} {
  const backend = slowBackend();
  const sent: Sent[] = [];
  const queue = new CellQueue((emission, parent) => sent.push({ emission, parent }));
  const add = (id: string, mayFail = false): void => {
    const place = { cellId: id, index: 0, source: '' };
    const metadata = { language: 'cpp', place, mayFail } as const;
    const message = { channel: 'shell', type: 'execute_request', id, content: { code: id } } as const;
    queue.add({ message, metadata }, () => backend);
  };
  return { backend, sent, queue, add };
}

const replies = (sent: readonly Sent[]): string[] =>
  sent
    .filter(({ emission }) => emission.type === 'execute_reply')
    .map(({ emission, parent }) => `${String(parent)} ${String(emission.content['status'])}`);

describe('the queue of cells', () => {
  it('runs one cell at a time, in order, and counts them', async () => {
    const { backend, sent, add } = setUp();
    add('a');
    add('b');
    expect(backend.cells.map(({ code }) => code)).toEqual(['a']);
    backend.end({ status: 'ok' });
    await settle();
    expect(backend.cells.map(({ code, count }) => `${code}${String(count)}`)).toEqual(['a1', 'b2']);
    backend.end({ status: 'ok' });
    await settle();
    expect(replies(sent)).toEqual(['a ok', 'b ok']);
  });

  it.each<[string, BackendReply | Error]>([
    ['a failure', { status: 'error' }],
    ['a defect', new Error('broken')],
  ])('takes out what waits after %s', async (_name, reply) => {
    const { backend, sent, add } = setUp();
    for (const id of ['a', 'b', 'c']) add(id);
    backend.end(reply);
    await settle();
    expect(replies(sent)).toEqual(['a error', 'b aborted', 'c aborted']);
  });

  it('goes on after a cell that may fail', async () => {
    const { backend, sent, add } = setUp();
    add('a', true);
    add('b');
    backend.end({ status: 'error' });
    await settle();
    backend.end({ status: 'ok' });
    await settle();
    expect(replies(sent)).toEqual(['a error', 'b ok']);
  });

  it('stops after an interrupted cell even when that ends well', async () => {
    const { backend, sent, queue, add } = setUp();
    add('a');
    queue.interrupt();
    add('b');
    backend.end({ status: 'ok' });
    await settle();
    expect(replies(sent)).toEqual(['a ok', 'b aborted']);
    add('c');
    backend.end({ status: 'ok' });
    await settle();
    expect(replies(sent)).toEqual(['a ok', 'b aborted', 'c ok']);
  });

  it('does not count a blank cell', async () => {
    const { backend, sent, add } = setUp();
    add(' ');
    add('a');
    expect(backend.cells.map(({ code, count }) => `${code}${String(count)}`)).toEqual(['a1']);
    backend.end({ status: 'ok' });
    await settle();
    expect(replies(sent)).toEqual(['  ok', 'a ok']);
  });
});
