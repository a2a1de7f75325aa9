import { describe, expect, it } from 'vitest';
import {
  describeEnding,
  problemsIn,
  signalName,
} from '../../../../../client/src/kernel-host/runner/wording.ts';

describe('problems in the text of clang', () => {
  it('are those of the cell itself', () => {
    const text = [
      "In[2]:3:29: error: no member named 'Fil' in 'TH1F'",
      'TH1F hh; hh.Fil(3);',
      '         ~~ ^',
      "In[1]:1:5: note: 'hh' declared here",
      '/usr/include/x.h:9:1: error: unknown',
      'In[2]:4:1:{4:1-4:3}: warning: unused',
      'In[2]:7:10: fatal error: nofile.h not found',
    ].join('\n');
    expect(problemsIn(text, 'In[2]')).toEqual([
      { severity: 'error', message: "no member named 'Fil' in 'TH1F'", line: 3, column: 29 },
      { severity: 'warning', message: 'unused', line: 4, column: 1 },
      { severity: 'error', message: 'nofile.h not found', line: 7, column: 10 },
    ]);
  });
});

describe('the end of a process', () => {
  it.each([
    [{ crash: undefined, code: undefined, signal: 11 }, 'SIGSEGV'],
    [{ crash: undefined, code: 3, signal: undefined }, 'exit code 3'],
    [
      {
        crash: { frame: 'crash' as const, cell: 1, signal: 6, thread: 'other' as const, frames: [] },
        code: undefined,
        signal: undefined,
      },
      'another thread',
    ],
    [{ crash: undefined, code: undefined, signal: undefined }, 'ended ROOT'],
  ])('is named: %j', (ending, word) => {
    const { name, message } = describeEnding(ending);
    expect(`${name} ${message}`).toContain(word);
  });

  it('has a name for every number', () => {
    expect(signalName(9)).toBe('SIGKILL');
    expect(signalName(77)).toBe('signal 77');
  });
});
