import { describe, expect, it } from 'vitest';
import type { Emission } from '../../../../../client/src/kernel-host/backend.ts';
import { takeMark, toCode, withProblems } from '../../../../../client/src/kernel-host/jupyter/agent.ts';

const error = (traceback: unknown): Emission => ({
  channel: 'iopub',
  type: 'error',
  content: { ename: 'E', evalue: 'e', traceback },
});
const handover = (json: string): string => `\u001b_rootbook;${json}\u001b\\`;
const problem = { severity: 'error', message: 'm', line: 2, column: 3 };

describe('what a cell becomes', () => {
  it.each([
    ['cpp', 'int x;', '%%cpp\nint x;', true],
    ['cpp', '%%cpp -d\nint f();', '%%cpp -d\nint f();', false],
    ['cpp', '\n  %%cpp\nint x;', '\n  %%cpp\nint x;', false],
    ['cpp', '%%python\nx = 1', '%%python\nx = 1', false],
    ['cpp', '%jsroot on', '%%cpp\n%jsroot on', true],
    ['python', 'x = 1', 'x = 1', false],
  ] as const)('in %s, %j is sent as %j', (language, code, sent, magicAdded) => {
    expect(toCode({ language, code, count: 1, cellId: 'c' })).toEqual({ code: sent, magicAdded });
  });
});

describe('problems at the end of a traceback', () => {
  it('move to the content of the error', () => {
    const moved = withProblems(error(['a', handover(JSON.stringify({ problems: [problem] }))]));
    expect(moved.content).toEqual({ ename: 'E', evalue: 'e', traceback: ['a'], problems: [problem] });
  });

  it.each([
    ['not JSON', '{'],
    ['another shape', '{"problems":{}}'],
    ['a line that cannot be', '{"problems":[{"severity":"error","message":"m","line":0,"column":1}]}'],
  ])('that are %s are dropped', (_, json) => {
    expect(withProblems(error(['a', handover(json)])).content).toMatchObject({
      traceback: ['a'],
      problems: [],
    });
  });

  it.each([
    ['has none', error(['a'])],
    ['has no lines', error([])],
    ['has no list', error('a')],
    ['is no error', { ...error(['a', handover('{}')]), type: 'stream' }],
  ])('a message that %s stays as it is', (_, emission) => {
    expect(withProblems(emission)).toBe(emission);
  });
});

it('the number of a message is taken off its metadata', () => {
  const message = {
    channel: 'iopub',
    type: 't',
    id: 'i',
    content: {},
    metadata: { a: 1, rootbook_mark: 7 },
  } as const;
  expect(takeMark(message)).toEqual([{ ...message, metadata: { a: 1 } }, 7]);
});

it.each([undefined, {}, { rootbook_mark: 'x' }])('metadata %j hold no number', (metadata) => {
  const message = {
    channel: 'iopub',
    type: 't',
    id: 'i',
    content: {},
    ...(metadata ? { metadata } : {}),
  } as const;
  expect(takeMark(message)[1]).toBe(0);
});
