import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Flavour } from '../../../client/src/kernels/installation.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { runCell, type TestHosts, testHosts, until } from '../../support/real-kernel.ts';

const setUp = `import ROOT
hist = ROOT.TH1F("hist", "", 10, 0, 1)
class Detector:
    "Sees particles."
    def read_out(self, channel=0): return channel
detector = Detector()
table = {"energy": 1}`;

describe('what a Python kernel knows of code', () => {
  let hosts: TestHosts;
  const sessions = new Map<Flavour, Session>();
  const { signal } = new AbortController();
  const ask = <Answer>(question: (session: Session) => Promise<Answer>): Promise<readonly Answer[]> =>
    Promise.all([...sessions.values()].map(question));
  beforeAll(async () => {
    hosts = await testHosts();
    for (const flavour of ['python', 'python-jupyter'] as const) {
      const session = await hosts.open(flavour);
      await runCell(session, setUp, { language: 'python' });
      await until(() => session.state.kind === 'idle');
      sessions.set(flavour, session);
    }
  });
  afterAll(() => hosts.close());

  it.each([
    ['methods of the own objects', 'detector.re', 'read_out'],
    ['methods of ROOT', 'hist.FillRan', 'FillRandom'],
    ['names', 'detec', 'detector'],
    ['keys', 'table["en', 'energy'],
    ['magics', '%matplot', '%matplotlib'],
    ['after a letter beyond the first plane', '"𝒳"; detector.re', 'read_out'],
  ])('completes %s, on the runner as in ipykernel', async (_, code, expected) => {
    const [ours, theirs] = await ask((session) => session.complete(code, code.length, signal));
    expect(ours?.items.map(({ text }) => text)).toContainEqual(expect.stringContaining(expected));
    expect(ours).toEqual(theirs);
  });

  it.each([
    ['an object', 'detector', 8, 'Sees particles.'],
    ['a method', 'detector.read_out()', 17, 'channel=0'],
  ])('describes %s, on the runner as in ipykernel', async (_, code, offset, words) => {
    const [ours, theirs] = await ask((session) => session.inspect(code, offset, signal));
    const plain = (text: unknown): string =>
      stripVTControlCharacters(String(text))
        .replaceAll(/0x[0-9a-f]+/g, 'ADDRESS')
        .replaceAll(/^.*File:.*$/gm, '');
    expect(plain(ours?.['text/plain'])).toContain(words);
    expect(plain(ours?.['text/plain'])).toBe(plain(theirs?.['text/plain']));
  });

  it('knows nothing of a name that is not there', async () => {
    expect(await ask((session) => session.inspect('unheard_of', 10, signal))).toEqual([undefined, undefined]);
  });
});
