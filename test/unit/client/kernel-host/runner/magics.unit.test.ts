import { describe, expect, it } from 'vitest';
import { type Step, toSteps } from '../../../../../client/src/kernel-host/runner/magics.ts';

const cpp = (code: string, line: number, mode: 'cpp' | 'declare' | 'aclic' = 'cpp'): Step => ({
  kind: 'cpp',
  mode,
  code,
  line,
});

describe('magics of a C++ notebook', () => {
  it.each<[string, readonly Step[]]>([
    ['int x = 3;\nx', [cpp('int x = 3;\nx', 1)]],
    ['\n\n// a comment\nint y;', [cpp('int y;', 4)]],
    ['', []],
    ['%%cpp\nint x;', [cpp('int x;', 2)]],
    ['%%cpp -d\nvoid f() {}', [cpp('void f() {}', 2, 'declare')]],
    ['%%cpp -a\nvoid f() {}', [cpp('void f() {}', 2, 'aclic')]],
    ['%%cpp -z\nvoid f() {}', [{ kind: 'unknown', magic: '%%cpp -z', line: 1 }]],
    ['%jsroot off\nc.Draw();', [{ kind: 'jsroot', on: false }, cpp('c.Draw();', 2)]],
    ['%jsroot on', [{ kind: 'jsroot', on: true }]],
    ['%%bash\nls\npwd', [{ kind: 'shell', code: 'ls\npwd', line: 2 }]],
    [
      '!ls -l\n!pwd\nint z;',
      [{ kind: 'shell', code: 'ls -l', line: 1 }, { kind: 'shell', code: 'pwd', line: 2 }, cpp('int z;', 3)],
    ],
    ['%%python\nprint(1)', [{ kind: 'python', code: 'print(1)', line: 2 }]],
    ['%%file a b.txt\nx', [{ kind: 'file', name: 'a', append: false, text: 'x\n' }]],
    ['%%writefile -a a.txt\nx\n', [{ kind: 'file', name: 'a.txt', append: true, text: 'x\n' }]],
    ['%%file\nx', [{ kind: 'unknown', magic: '%%file needs a file name', line: 1 }]],
    ['%%time\nf();', [{ kind: 'time', steps: [cpp('f();', 2)] }]],
    ['%time f();', [{ kind: 'time', steps: [cpp('f();', 1)] }]],
    ['%rootbrowse', [{ kind: 'unknown', magic: '%rootbrowse', line: 1 }]],
    ['int a = 7\n% 3;', [cpp('int a = 7\n% 3;', 1)]],
  ])('%j', (code, steps) => {
    expect(toSteps(code)).toEqual(steps);
  });
});
