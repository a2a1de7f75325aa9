import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from '../../support/real-kernel.ts';
import { shown, startPython, type TestPython } from './python.ts';

describe('the history of Python cells', () => {
  let python: TestPython;
  beforeAll(async () => {
    python = await startPython();
    for (const code of [
      'import os; first = 1',
      'os.abort()',
      'third = 3',
      'if os.fork() == 0: os._exit(0)\nos.wait();',
    ])
      await python.run(code);
    await python.run('int fifth = 5;', { language: 'cpp' });
  });
  afterAll(() => python.hosts.close());

  it('has each cell at the number that it shows, also after a crash, and none for what was undone', async () => {
    expect(shown(await python.run('print(*[In[1], In[2], In[3], In[5], _ih[3], _i1], sep="|")'))).toBe(
      'import os; first = 1||third = 3||third = 3|import os; first = 1\n',
    );
    expect(shown(await python.run('%history -n 1 3'))).toBe('   1: import os; first = 1\n   3: third = 3\n');
  });

  it('has the cells of earlier sessions, and of those that go on meanwhile', async () => {
    const later = await python.hosts.open('python');
    const run = (code: string): ReturnType<typeof runCell> => runCell(later, code, { language: 'python' });
    expect(shown(await run('%history ~1/1-3'))).toBe('import os; first = 1\nthird = 3\n');
    await run('of_the_second = 2');
    await run('%history -g nothing_like_it');
    expect(shown(await python.run('%history -g of_the_second*'))).toMatch(/^ *2\/2: of_the_second = 2\n/);
    await later.shutDown();
  });

  it('is a whole file, with each line once', async () => {
    await python.run('os.abort()');
    await python.run('last = 1');
    await python.run('%history -g nothing_like_it');
    const look = `db = get_ipython().history_manager.db
print(db.execute("PRAGMA integrity_check").fetchone()[0])
print([line for (line,) in db.execute("SELECT line FROM history WHERE session = 1 ORDER BY line")])`;
    expect(shown(await python.run(look))).toBe('ok\n[1, 3, 4, 6, 7, 8, 10, 11]\n');
  });
});
