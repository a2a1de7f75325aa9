import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceHash } from '../../../client/src/kernels/execution.ts';
import {
  begin,
  comeBack,
  followToEnd,
  lineNumbers,
  listen,
  openKernel,
  untilPrinted,
  upTo,
} from '../../support/left-kernel.ts';
import { runCell, type TestHosts, testHosts, until, untilNothingRuns } from '../../support/real-kernel.ts';

const never = new AbortController().signal;

const printing = {
  cpp: (count: number, pause: number): string =>
    `for (int i = 0; i < ${String(count)}; ++i) { printf("line %d\\n", i); fflush(stdout); usleep(${String(pause * 1000)}); }`,
  python: (count: number, pause: number): string =>
    `import time\nfor i in range(${String(count)}): print("line", i, flush=True); time.sleep(${String(pause / 1000)})`,
};

describe('a kernel that its window has left', () => {
  let kernels: TestHosts;
  beforeAll(async () => {
    kernels = await testHosts();
  });
  afterAll(() => kernels.close());

  it.each(['cpp', 'python'] as const)(
    'tells every line of a running %s cell once, however often windows come and go',
    async (language) => {
      const spec = kernels.spec(language);
      const first = await openKernel(kernels.hosts, spec);
      const { id } = begin(first, printing[language](1500, 2), { language });
      await first.detach();
      for (let round = 0; round < 6; round += 1) {
        const session = await comeBack(kernels.hosts, spec);
        expect(session.executions).toMatchObject([{ id, state: 'running', ran: true }]);
        const part = listen(id, session.follow(id, never));
        await untilPrinted(part, `line ${String(round * 100)}\n`);
        await session.detach();
        const numbers = lineNumbers(part.text());
        expect(numbers).toEqual(upTo(numbers.length));
      }
      const last = await comeBack(kernels.hosts, spec);
      const { stdout, status } = await followToEnd(last, id);
      expect(status).toBe('ok');
      expect(lineNumbers(stdout)).toEqual(upTo(1500));
      await last.shutDown();
    },
  );

  it('gives back everything that cells showed, as it was and when it was, also after they ended', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const code = [
      'printf("out\\n"); fflush(stdout); fprintf(stderr, "err\\n"); printf("more\\n"); fflush(stdout);',
      'TCanvas c("c", "", 200, 150); TH1F h("h", "", 5, 0, 1); h.Fill(0.5); h.Draw(); c.Draw();',
      'throw std::runtime_error("boom");',
    ].join('\n');
    const place = { cellId: 'a', index: 3, source: sourceHash(code) };
    const before = await runCell(first, code, { place });
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    expect(session.executions).toMatchObject([{ place, state: 'done', ran: true }]);
    const after = await followToEnd(session, session.executions[0]?.id ?? '');
    const rest = (events: typeof before.events): unknown[] => events.filter(({ kind }) => kind !== 'stream');
    expect(rest(after.events)).toEqual(rest(before.events));
    expect([after.stdout, after.stderr]).toEqual([before.stdout, before.stderr]);
    expect(before.error?.message).toBe('boom');
    await session.shutDown();
  });

  it('works off its queue alone, and stops it at a failure', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const gate = path.join(kernels.stateFolder, 'go on');
    const cells = [
      `while (gSystem->AccessPathName("${gate}")) gSystem->Sleep(10); int a = 1;`,
      'a + 1',
      'throw 7;',
      'a + 2',
    ].map((code) => begin(first, code));
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    expect(session.executions.map(({ id }) => id)).toEqual(cells.map(({ id }) => id));
    writeFileSync(gate, '');
    const results = await Promise.all(cells.map(({ id }) => followToEnd(session, id)));
    expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'error', 'aborted']);
    expect(results[1]?.stdout).toBe('(int) 2\n');
    const counts = results.map(({ events }) =>
      events.flatMap((each) => (each.kind === 'started' ? each.count : [])),
    );
    expect(counts).toEqual([[1], [2], [3], []]);
    await session.shutDown();
  });

  it('can be interrupted by a window that came back', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const { id } = begin(first, 'while (true) gSystem->Sleep(10);');
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    const end = followToEnd(session, id);
    await session.interrupt();
    expect((await end).error?.name).toBe('Interrupted');
    await session.shutDown();
  });

  it('can be restarted while a cell runs', async () => {
    const session = await kernels.open('cpp');
    const endless = runCell(session, 'while (true) gSystem->Sleep(10);');
    const behind = runCell(session, 'int behind = 1;');
    await until(() => session.state.kind === 'busy');
    await session.restart(never);
    expect((await endless).status).toBe('error');
    expect((await behind).status).toBe('aborted');
    expect((await runCell(session, 'int anew = 1; anew')).stdout).toBe('(int) 1\n');
    await session.shutDown();
  });

  it('forgets what was saved, and an earlier run of a cell that runs again', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const place = (cellId: string): object => ({ place: { cellId, index: 0, source: '' } });
    const [a, b] = [begin(first, 'int a = 1; a', place('a')), begin(first, 'int b = 2; b', place('b'))];
    await until(() => [a, b].every(({ heard }) => heard.at(-1)?.kind === 'done'));
    await first.saved([a.id]);
    const again = begin(first, 'b', place('b'));
    const failing = begin(first, 'throw 1;', place('c'));
    const aborted = begin(first, 'b', place('d'));
    await until(() => [again, failing, aborted].every(({ heard }) => heard.at(-1)?.kind === 'done'));
    await first.detach();
    const session = await comeBack(kernels.hosts, spec);
    expect(session.executions.map(({ id }) => id)).toEqual([again.id, failing.id]);
    expect((await followToEnd(session, a.id)).status).toBe('aborted');
    await session.saved(session.executions.map(({ id }) => id));
    await session.detach();
    const last = await comeBack(kernels.hosts, spec);
    expect(last.executions).toEqual([]);
    await last.shutDown();
  });

  it('is had by one window, which another is told of and can take it from', async () => {
    const spec = kernels.spec('cpp');
    const [here, there] = [kernels.window('the window of here'), kernels.window('the window of there')];
    const first = await openKernel(here, spec);
    const begun = begin(first, printing.cpp(400, 2));
    await untilPrinted(begun, 'line 50\n');
    expect(await there.attach(spec, false, never)).toEqual({
      kind: 'elsewhere',
      holder: 'the window of here',
    });
    await expect(openKernel(there, spec)).rejects.toThrow(/attached in the window of here/);
    const second = await comeBack(there, spec, true);
    await until(() => first.state.kind === 'takenOver');
    expect(lineNumbers((await followToEnd(second, begun.id)).stdout)).toEqual(upTo(400));
    expect(await here.attach(spec, false, never)).toEqual({
      kind: 'elsewhere',
      holder: 'the window of there',
    });
    expect((await runCell(second, 'int still = 3; still')).stdout).toBe('(int) 3\n');
    await second.shutDown();
  });

  it('is found under the new name of its notebook, whose folder may have been renamed', async () => {
    const spec = kernels.spec('cpp', { notebook: 'file:///home/me/fits/z.ipynb' });
    const first = await openKernel(kernels.hosts, spec);
    const { id } = begin(first, printing.cpp(200, 3));
    await kernels.hosts.rename('file:///home/me/fits', 'file:///home/me/old fits');
    await first.detach();
    const moved = { ...spec, notebook: 'file:///home/me/old fits/z.ipynb' };
    expect(await kernels.hosts.attach(spec, false, never)).toEqual({ kind: 'none' });
    const session = await comeBack(kernels.hosts, moved);
    expect(lineNumbers((await followToEnd(session, id)).stdout)).toEqual(upTo(200));
    await session.shutDown();
  });

  it.each([
    ['cpp', 'std::cin', 'std::string name; std::cout << "name? " << std::flush; std::cin >> name; name'],
    ['python', 'input()', 'answer = input("name? ")\nprint(answer)'],
  ] as const)('asks again what %s code asked with %s while nobody was there', async (flavour, _, code) => {
    const spec = kernels.spec(flavour);
    const first = await openKernel(kernels.hosts, spec);
    const { id, heard } = begin(first, code, { language: flavour });
    await until(() => heard.some(({ kind }) => kind === 'input'));
    await first.detach();
    const second = await comeBack(kernels.hosts, spec);
    const asked = listen(id, second.follow(id, never));
    await until(() => asked.heard.some(({ kind }) => kind === 'input'));
    await second.detach();
    const third = await comeBack(kernels.hosts, spec);
    let questions = 0;
    let text = '';
    for await (const event of third.follow(id, never)) {
      if (event.kind === 'stream') text += event.text;
      if (event.kind !== 'input') continue;
      questions += 1;
      event.reply('Ada');
    }
    expect(questions).toBe(1);
    expect(text).toContain('Ada');
    await third.shutDown();
  });

  it.each([
    ['cpp', 'std::string name; std::cin >> name;', 'int still = 4;\nstill', /4/],
    ['python', 'input("name? ")', 'print(4)', /4/],
  ] as const)(
    'lets a question of a %s cell be cancelled after a re-attach',
    async (language, code, next, seen) => {
      const spec = kernels.spec(language);
      const first = await openKernel(kernels.hosts, spec);
      const { id, heard } = begin(first, code, { language });
      await until(() => heard.some(({ kind }) => kind === 'input'));
      await first.detach();
      const session = await comeBack(kernels.hosts, spec);
      const end = followToEnd(session, id);
      await session.interrupt();
      expect((await end).status).toBe('error');
      expect((await runCell(session, next, { language })).stdout).toMatch(seen);
      await session.shutDown();
    },
  );

  it('keeps all of a big output in a file, and gives back its head and its end', async () => {
    const spec = kernels.spec('cpp');
    const first = await openKernel(kernels.hosts, spec);
    const lines = 400_000;
    const { id, heard } = begin(
      first,
      `for (int i = 0; i < ${String(lines)}; ++i) printf("line %d\\n", i); fprintf(stderr, "the end\\n");`,
    );
    await until(() => heard.some(({ kind }) => kind === 'outputFile'));
    await first.detach();
    await untilNothingRuns(kernels.hosts);
    const session = await comeBack(kernels.hosts, spec);
    const { events, stdout, status } = await followToEnd(session, id);
    expect(status).toBe('ok');
    const file = events.flatMap((event) => (event.kind === 'outputFile' ? [event.file] : []))[0] ?? '';
    const all = readFileSync(file, 'utf8');
    expect(lineNumbers(all)).toEqual(upTo(lines));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const gap = events.flatMap((event) => (event.kind === 'leftOut' ? [event.characters] : []));
    const at = events.findIndex(({ kind }) => kind === 'leftOut');
    const text = (part: typeof events): string =>
      part.map((event) => (event.kind === 'stream' ? event.text : '')).join('');
    const [head, end] = [text(events.slice(0, at)), text(events.slice(at))];
    expect(all.startsWith(head)).toBe(true);
    expect(all.endsWith(end)).toBe(true);
    expect(head.length + Number(gap[0]) + end.length).toBe(all.length);
    expect(stdout.length).toBeLessThan(2e6);
    await session.saved([id]);
    await session.shutDown();
    expect(readFileSync(file, 'utf8')).toHaveLength(all.length);
  });

  it('writes nothing that another user could read', async () => {
    const session = await kernels.open('cpp');
    await runCell(session, 'printf("secret\\n");');
    const files = readdirSync(kernels.stateFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(hosts|outputs)/.test(file),
    );
    expect(files.filter((file) => file.endsWith('.txt')).length).toBeGreaterThan(0);
    const open = files.filter((file) => (statSync(path.join(kernels.stateFolder, file)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    await session.shutDown();
  });
});
