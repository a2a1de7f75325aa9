import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../../../client/src/kernel-host/client.ts';
import { describeRow, notebookOf } from '../../../../client/src/notebooks/running-kernels.ts';

const now = Date.UTC(2030, 0, 3);
const host: HostStatus = {
  id: 'a',
  pid: 1,
  notebook: 'file:///home/me/my%20fits/fit.ipynb',
  installation: 'i',
  flavour: 'cpp',
  label: 'ROOT 6.40.02 C++',
  startedAt: now - 3 * 3_600_000,
  state: { state: 'busy' },
  holder: { kind: 'here' },
  isOtherVersion: false,
  cells: 3,
  memory: 412e6,
  checkpointMemory: 40e6,
  logFile: '/log',
};

function describeHost(change: Partial<HostStatus>): ReturnType<typeof describeRow> {
  return describeRow({ kind: 'running', host: { ...host, ...change } }, now);
}

describe('a kernel in the list', () => {
  it('is told by its notebook, with what it does, takes, and who has it', () => {
    expect(describeHost({})).toMatchObject({
      label: 'fit.ipynb',
      description: 'busy, 2 waiting · this window · 412 MB · 3 h · ROOT 6.40.02 C++',
      spoken: 'fit.ipynb, ROOT 6.40.02 C++, busy, 2 waiting, started 3 h ago, 412 MB, this window',
      context: 'kernel here busy',
    });
    expect(describeHost({}).details).toContain('Memory: 412 MB, 40 MB of it for checkpoints');
  });

  it('says nothing of memory where that is unknown', () => {
    const { description, details } = describeHost({ memory: undefined, checkpointMemory: undefined });
    expect(description).toBe('busy, 2 waiting · this window · 3 h · ROOT 6.40.02 C++');
    expect(details.join()).not.toContain('Memory');
  });

  it.each([
    [{ cells: 1 }, 'busy ·', 'kernel here busy'],
    [{ cells: 0, state: { state: 'idle' } }, 'idle ·', 'kernel here'],
    [{ cells: 0, state: { state: 'starting' } }, 'starting ·', 'kernel here'],
    [{ cells: 0, state: { state: 'dead', reason: 'It ran out of memory.' } }, 'ended ·', 'kernel here'],
    [{ cells: 0, state: undefined }, 'does not answer ·', 'kernel here'],
    [{ holder: { kind: 'nobody' } }, 'no window', 'kernel nobody busy'],
    [{ holder: { kind: 'elsewhere', window: 'the window of a' } }, 'another window', 'kernel elsewhere busy'],
    [{ isOtherVersion: true }, 'another version', 'kernel here busy otherVersion'],
  ] satisfies [Partial<HostStatus>, string, string][])('%j reads "%s"', (change, text, context) => {
    const look = describeHost(change);
    expect(look.description).toContain(text);
    expect(look.context).toBe(context);
  });

  it('says why it ended, and where it is attached', () => {
    const reason = 'It ran out of memory.';
    expect(describeHost({ state: { state: 'dead', reason } }).details).toContain(reason);
    const holder = { kind: 'elsewhere', window: 'the window of b' } as const;
    expect(describeHost({ holder }).details).toContain('Attached in the window of b');
  });

  it.each([
    [10_000, '1 min'],
    [59 * 60_000, '59 min'],
    [47 * 3_600_000, '47 h'],
    [73 * 3_600_000, '3 days'],
  ])('that started %i ms ago is as old as "%s"', (age, text) => {
    expect(describeHost({ startedAt: now - age }).description).toContain(text);
  });

  it('of an untitled notebook is named without its workspace', () => {
    const row = { kind: 'running', host: { ...host, notebook: 'untitled:Untitled-1.ipynb#ab' } } as const;
    expect(notebookOf(row)).toBe('untitled:Untitled-1.ipynb');
    expect(describeRow(row, now).label).toBe('Untitled-1.ipynb');
  });
});
