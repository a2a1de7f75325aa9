import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellEvent } from '../../../client/src/kernels/cell-events.ts';
import type { Flavour } from '../../../client/src/kernels/installation.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { CellOutputs } from '../../../client/src/notebooks/outputs.ts';
import { runCell, type TestHosts, testHosts } from '../../support/real-kernel.ts';

const view = 'application/vnd.jupyter.widget-view+json';

/** What a cell shows at its end, each output as its text. */
function textsOf(events: readonly CellEvent[]): readonly string[] {
  const outputs = new CellOutputs(1);
  for (const event of events) outputs.apply(event);
  return outputs.outputs.map((output) =>
    output.kind === 'stream'
      ? output.text
      : output.kind === 'error'
        ? output.message
        : String(output.data['text/plain']),
  );
}

describe.each(['python', 'python-jupyter'] as const)(
  'widgets of a kernel of flavour %s',
  (flavour: Flavour) => {
    let hosts: TestHosts;
    let session: Session;
    const run = async (code: string): Promise<readonly CellEvent[]> =>
      (await runCell(session, code, { language: 'python', mayFail: true })).events;
    beforeAll(async () => {
      hosts = await testHosts();
      session = await hosts.open(flavour);
    });
    afterAll(() => hosts.close());

    it('are shown as text that follows their value, in the cell that shows them', async () => {
      const events = await run(
        'import ipywidgets\nslider = ipywidgets.IntSlider(7)\ndisplay(slider)\nslider.value = 8\nslider',
      );
      expect(textsOf(events)).toEqual(['IntSlider(value=8)', 'IntSlider(value=8)']);
      const later = await run('slider.value = 9');
      expect(later.flatMap((event) => (event.kind === 'update' ? [event.data['text/plain']] : []))).toContain(
        'IntSlider(value=9)',
      );
    });

    it('that are closed are gone', async () => {
      expect(textsOf(await run('label = ipywidgets.Label("here")\ndisplay(label)\nlabel.close()'))).toEqual([
        '',
      ]);
    });

    it('of tqdm are one line of text', async () => {
      const code = 'import time\nfor _ in tqdm(range(40), desc="fit"): time.sleep(0.01)';
      for (const from of ['tqdm', 'tqdm.auto', 'tqdm.notebook']) {
        const texts = textsOf(await run(`from ${from} import tqdm\n${code}`));
        expect(texts.map((text) => text.trimEnd())).toEqual([
          expect.stringMatching(/^fit: 100%\|[^\n\r]*\| 40\/40 \[[^\n\r]*\]$/),
        ]);
      }
    });

    it('show what happens while the cell runs', async () => {
      const code = 'from tqdm.notebook import tqdm\nfor _ in tqdm(range(4)): time.sleep(0.2)';
      const texts = (await run(code)).flatMap((event) =>
        event.kind === 'update' ? [String(event.data['text/plain'])] : [],
      );
      expect(texts.some((text) => / (50|75)%/.test(text))).toBe(true);
    });

    it('are saved in a form that every reader shows', async () => {
      const [shown] = (await run('ipywidgets.IntSlider(7)')).flatMap((event) =>
        event.kind === 'result' ? [event] : [],
      );
      if (flavour === 'python') {
        expect(shown?.data).toEqual({ 'text/plain': 'IntSlider(value=7)' });
        expect(shown?.metadata).toEqual({ rootbook: { widget: true } });
      } else expect(shown?.data[view]).toBeDefined();
    });
  },
);
