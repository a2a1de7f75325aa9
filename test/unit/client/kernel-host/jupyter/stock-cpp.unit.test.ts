import { describe, expect, it } from 'vitest';
import { problemsIn } from '../../../../../client/src/kernel-host/jupyter/stock-cpp.ts';

describe("what ROOT's own C++ kernel writes to stderr", () => {
  it.each([
    [
      'a statement, which cling puts a line and a space before',
      'int x = 1;\nint y = "t";',
      'input_line_50:3:5: error: cannot initialize\nint y = "t";\n    ^   ~~~\n',
      { line: 2, column: 5, message: 'cannot initialize' },
    ],
    [
      'the first statement of a cell',
      'foo bar;',
      "input_line_51:2:2: error: unknown type name 'foo'\n foo bar;\n ^\n",
      { line: 1, column: 1 },
    ],
    [
      'a declaration, whose place is exact',
      '#include <x>\nvoid f() { foo(); }',
      'input_line_52:2:12: error: use of undeclared identifier\nvoid f() { foo(); }\n           ^\n',
      { line: 2, column: 12 },
    ],
    [
      'code that is not in the cell',
      'g();',
      'input_line_53:9:9: error: oops\nelsewhere();\n',
      { line: 1, column: 1 },
    ],
    ['unbalanced braces', '{', 'Unbalanced braces. This cell was not processed.\n', { line: 1, column: 1 }],
  ])('places %s', (_, code, stderr, problem) => {
    expect(problemsIn(stderr, code)).toMatchObject([{ severity: 'error', ...problem }]);
  });

  it.each([
    'input_line_54:2:2: warning: expression result unused\n',
    'Error in <TFile::TFile>: file x.root does not exist\n',
    'my own error: 5\n',
  ])('does not take %j for a failure of the cell', (stderr) => {
    expect(problemsIn(stderr, 'f();')).toEqual([]);
  });
});
