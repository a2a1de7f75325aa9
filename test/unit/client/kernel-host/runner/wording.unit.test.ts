import { describe, expect, it } from 'vitest';
import {
  describeEnding,
  describeRestore,
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

  it.each([
    [0, [], 'Not restored: what the cell changed in files and other programs.'],
    [1, [], 'Not restored: 1 thread of C++ code or libraries, what'],
    [1, ['reader'], 'Not restored: the thread "reader" of Python, what'],
    [4, ['a', 'b'], 'Not restored: the threads "a", "b" of Python, 2 threads of C++ code or libraries, what'],
    [7, 'abcdefg'.split(''), 'the threads "a", "b", "c", "d", "e", 2 more of Python, what'],
  ])('of %i threads, %j of Python, says what is not restored', (count, names, words) => {
    expect(describeRestore([], { count, names }).at(-1)).toContain(words);
  });

  it('has a name for every number', () => {
    expect(signalName(9)).toBe('SIGKILL');
    expect(signalName(77)).toBe('signal 77');
  });
});
