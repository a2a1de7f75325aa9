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
    ['%no_such_magic', [{ kind: 'unknown', magic: '%no_such_magic', line: 1 }]],
    ['!!ls', [{ kind: 'shell', code: 'ls', line: 1 }]],
    ['%ls -l /tmp', [{ kind: 'shell', code: 'ls -l /tmp', line: 1 }]],
    ['%pip install x', [{ kind: 'python', code: '%pip install x', line: 1 }]],
    ['%run fill.C(3)', [cpp('.x fill.C(3)', 1)]],
    ['%run fit.py 3', [{ kind: 'python', code: '%run fit.py 3', line: 1 }]],
    ['%env A=b c\nf();', [cpp('gSystem->Setenv("A", "b c");', 1), cpp('f();', 2)]],
    ['%env HOME', [{ kind: 'shell', code: 'printenv HOME', line: 1 }]],
    ['%%html\n<b>x</b>', [{ kind: 'show', mime: 'text/html', text: '<b>x</b>' }]],
    ['%latex $x$', [{ kind: 'show', mime: 'text/latex', text: '$x$' }]],
    ['%%HTML\n<i/>', [{ kind: 'show', mime: 'text/html', text: '<i/>' }]],
    ['int a = 7\n% 3;', [cpp('int a = 7\n% 3;', 1)]],
  ])('%j', (code, steps) => {
    expect(toSteps(code)).toEqual(steps);
  });
});
