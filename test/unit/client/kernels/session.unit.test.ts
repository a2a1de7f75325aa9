import { describe, expect, it } from 'vitest';
import type { CellEvent } from '../../../../client/src/kernels/cell-events.ts';
import { createSession, type Session } from '../../../../client/src/kernels/session.ts';
import { cellRequest } from '../../../support/cell-request.ts';
import { type Scripted, scriptedTransport } from '../../../support/scripted-transport.ts';

const never = new AbortController().signal;
const iopub = (type: string, content: Scripted['content']): Scripted => ({ channel: 'iopub', type, content });
const reply = (status: string): Scripted => ({
  channel: 'shell',
  type: 'execute_reply',
  content: { status, execution_count: 1 },
});

async function run(session: Session, code = 'x'): Promise<CellEvent[]> {
  const events: CellEvent[] = [];
  for await (const event of session.execute(cellRequest(code), never)) events.push(event);
  return events;
}

describe('a session', () => {
  it('turns the messages of a cell into events, up to its end', async () => {
    const transport = scriptedTransport(() => [
      iopub('status', { execution_state: 'busy' }),
      iopub('execute_input', { execution_count: 1 }),
      iopub('stream', { name: 'stderr', text: 'oh' }),
      iopub('display_data', { data: { 'text/plain': 'p' }, metadata: {}, transient: { display_id: 'd' } }),
      iopub('error', {
        ename: 'E',
        evalue: 'v',
        traceback: ['t'],
        problems: [{ severity: 'error', message: 'm', line: 1, column: 2 }],
      }),
      iopub('something_new', {}),
      iopub('stream', { text: 5 }),
      reply('error'),
    ]);
    expect(await run(createSession(transport))).toEqual([
      { kind: 'started', count: 1 },
      { kind: 'stream', name: 'stderr', text: 'oh' },
      { kind: 'display', data: { 'text/plain': 'p' }, metadata: {}, displayId: 'd' },
      {
        kind: 'error',
        name: 'E',
        message: 'v',
        traceback: ['t'],
        problems: [{ severity: 'error', message: 'm', line: 1, column: 2 }],
      },
      { kind: 'done', status: 'error', count: 1 },
    ]);
    expect(transport.sent[0]).toMatchObject({
      channel: 'shell',
      type: 'execute_request',
      content: { code: 'x' },
      metadata: { language: 'cpp', mayFail: false },
    });
  });

  it('sends what the user types back to the kernel', async () => {
    const transport = scriptedTransport(({ type }) =>
      type === 'execute_request'
        ? [{ channel: 'stdin', type: 'input_request', content: { prompt: '?', password: true } }]
        : [],
    );
    const session = createSession(transport);
    for await (const event of session.execute(cellRequest(''), never)) {
      expect(event).toMatchObject({ kind: 'input', prompt: '?', password: true });
      if (event.kind === 'input') event.reply('42');
      break;
    }
    expect(transport.sent.at(-1)).toMatchObject({
      channel: 'stdin',
      type: 'input_reply',
      content: { value: '42' },
    });
  });

  it.each([
    ['closes', undefined, 'closed the connection'],
    ['breaks', new Error('reset'), 'was lost'],
  ])('fails the running cells when the connection %s', async (_name, error, words) => {
    const transport = scriptedTransport(() => []);
    const session = createSession(transport);
    const cell = run(session);
    await Promise.resolve();
    transport.end(error);
    await expect(cell).rejects.toThrow(words);
    expect(session.state).toEqual({ kind: 'closed' });
  });

  it('hands on output of no cell, and the state of the kernel', async () => {
    const transport = scriptedTransport(() => [reply('ok')]);
    const session = createSession(transport);
    const stray: CellEvent[] = [];
    const states: string[] = [];
    session.onStray((event) => stray.push(event));
    session.onState(({ kind }) => states.push(kind));
    transport.say(iopub('stream', { name: 'stdout', text: 'late' }));
    transport.say(iopub('rootbook_state', { state: 'idle' }));
    transport.say(iopub('rootbook_state', { state: 'dead', reason: 'gone' }));
    await run(session);
    expect(stray).toEqual([{ kind: 'stream', name: 'stdout', text: 'late' }]);
    expect(states).toEqual(['idle', 'dead']);
    expect(session.state).toEqual({ kind: 'dead', reason: 'gone' });
  });

  it('stops listening to a cell when the caller gives up', async () => {
    const session = createSession(scriptedTransport(() => []));
    const stop = new AbortController();
    const cell = (async () => {
      for await (const event of session.execute(cellRequest(''), stop.signal)) expect(event).toBeUndefined();
    })();
    stop.abort();
    await expect(cell).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says so when there is nothing to go back to', async () => {
    const session = createSession(
      scriptedTransport(() => [
        { channel: 'control', type: 'rootbook_go_back_reply', content: { status: 'error' } },
      ]),
    );
    await expect(session.goBack()).rejects.toThrow('no checkpoint');
  });
});
