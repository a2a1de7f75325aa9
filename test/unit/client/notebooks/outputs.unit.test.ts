import { describe, expect, it } from 'vitest';
import type { CellEvent } from '../../../../client/src/kernels/cell-events.ts';
import { toEditorOutput } from '../../../../client/src/notebooks/output-items.ts';
import { type CellOutput, CellOutputs, type OutputChange } from '../../../../client/src/notebooks/outputs.ts';

const out = (text: string): CellEvent => ({ kind: 'stream', name: 'stdout', text });
const err = (text: string): CellEvent => ({ kind: 'stream', name: 'stderr', text });
const show = (text: string, displayId?: string): CellEvent => {
  return { kind: 'display', data: { 'text/plain': text }, metadata: {}, displayId };
};
const update = (text: string, displayId: string): CellEvent => {
  return { kind: 'update', data: { 'text/plain': text }, metadata: {}, displayId };
};

function run(...events: readonly CellEvent[]): CellOutputs {
  const outputs = new CellOutputs(1);
  for (const event of events) outputs.apply(event);
  return outputs;
}

function texts(outputs: readonly CellOutput[]): readonly string[] {
  return outputs.map((output) => {
    if (output.kind === 'stream') return `${output.name}: ${output.text}`;
    return output.kind === 'error' ? `error: ${output.name}` : String(output.data['text/plain']);
  });
}

/** An editor that only knows the changes. */
function replay(shown: CellOutput[], changes: readonly OutputChange[]): CellOutput[] {
  let now = [...shown];
  for (const change of changes) {
    if (change.kind === 'clear') now = [];
    else if (change.kind === 'append') now.push(...change.outputs);
    else if (change.kind === 'replace') now[change.index] = change.output;
    else {
      const before = now[change.index];
      if (before?.kind !== 'stream') throw new Error('only a stream can be extended');
      now[change.index] = { ...before, text: before.text + change.output.text };
    }
  }
  return now;
}

describe('the outputs of a cell', () => {
  it('merges what one stream prints, and keeps the order of two', () => {
    expect(texts(run(out('a'), out('b\n'), err('e'), out('c')).outputs)).toEqual([
      'stdout: ab\n',
      'stderr: e',
      'stdout: c',
    ]);
  });

  it.each([
    ['a progress bar', ['  1%\r', ' 50%\r100%', '\n'], '100%\n'],
    ['a shorter text over a longer one', ['downloading\rdone'], 'doneloading'],
    ['the lines of a DOS text', ['a\r\nb\r', '\nc'], 'a\r\nb\r\nc'],
    ['a return that nothing follows', ['waiting\r'], 'waiting\r'],
    ['only the last line', ['one\ntwo\r', 'TWO\nthree'], 'one\nTWO\nthree'],
  ])('goes back over %s at a carriage return, as a terminal does', (_, chunks, expected) => {
    expect(texts(run(...chunks.map(out)).outputs)).toEqual([`stdout: ${expected}`]);
  });

  it('leaves nothing out of a progress bar, however often it is drawn', () => {
    const outputs = run(
      ...Array.from({ length: 30_000 }, (_, index) => out(`\r${String(index).padStart(60)}`)),
    );
    expect(texts(outputs.outputs)).toEqual([`stdout: ${'29999'.padStart(60)}`]);
    expect(outputs.overflows).toBe(false);
  });

  it('clears at once, or with the next output when told to wait', () => {
    expect(texts(run(out('a'), { kind: 'clear', wait: false }).outputs)).toEqual([]);
    expect(texts(run(out('a'), { kind: 'clear', wait: true }).outputs)).toEqual(['stdout: a']);
    expect(texts(run(out('a'), { kind: 'clear', wait: true }, show('b')).outputs)).toEqual(['b']);
  });

  it('updates every display of an id and ignores ids it does not know', () => {
    expect(
      texts(run(show('1', 'x'), show('other', 'y'), show('2', 'x'), update('new', 'x')).outputs),
    ).toEqual(['new', 'other', 'new']);
    expect(run(show('1', 'x')).update('z', {}, {})).toBe(false);
  });

  it('gives a result the count of its cell', () => {
    const result: CellEvent = {
      kind: 'result',
      data: { 'text/plain': '3' },
      metadata: {},
      displayId: undefined,
    };
    expect(run({ kind: 'started', count: 7, at: undefined }, result).outputs[0]).toMatchObject({
      kind: 'result',
      count: 7,
    });
  });

  it.each<readonly [string, readonly (readonly CellEvent[])[]]>([
    ['text in pieces', [[out('a')], [out('b'), err('c')], [err('d')], []]],
    [
      'a progress display',
      [[show('0', 'p')], [update('1', 'p'), update('2', 'p')], [out('x')], [update('3', 'p')]],
    ],
    ['clear and go on', [[out('a'), show('b')], [{ kind: 'clear', wait: true }], [out('c')], [out('d')]]],
    ['clear before anything is shown', [[out('a'), { kind: 'clear', wait: false }, out('b')], [out('c')]]],
    [
      'more text than fits',
      [[out('x'.repeat(999_999))], [out('y'.repeat(500_000))], [out('z'.repeat(70_000))], [out('end')]],
    ],
  ])('tells an editor by changes alone what it shows: %s', (_, batches) => {
    const outputs = new CellOutputs(1);
    let shown: CellOutput[] = [];
    for (const batch of batches) {
      for (const event of batch) outputs.apply(event);
      shown = replay(shown, outputs.takeChanges());
      expect(shown).toEqual(outputs.outputs);
    }
    expect(outputs.takeChanges()).toEqual([]);
  });

  it('sends only the new text of a stream', () => {
    const outputs = run(out('a'.repeat(1000)));
    outputs.takeChanges();
    outputs.apply(out('b'));
    expect(outputs.takeChanges()).toEqual([
      { kind: 'extend', index: 0, output: { kind: 'stream', name: 'stdout', text: 'b' } },
    ]);
  });

  it('keeps head and tail of runaway text and says how much is missing', () => {
    const outputs = new CellOutputs(1);
    for (let line = 0; line < 200_000; line++) outputs.apply(out(`${String(line).padStart(99)}\n`));
    const [head, tail, ...others] = texts(outputs.outputs);
    expect(others).toEqual([]);
    expect(head).toHaveLength('stdout: '.length + 1_000_000);
    // The tail begins with a whole line.
    expect(tail).toMatch(/^stdout: \n\[\.\.\. 18\.9 MB of text left out \.\.\.\]\n[ \d]{99}\n/);
    expect(tail).toMatch(/199999\n$/);
    expect(outputs.overflows).toBe(true);
  });

  it('still shows the error after runaway text', () => {
    const error: CellEvent = { kind: 'error', name: 'stopped', message: '', traceback: [], problems: [] };
    expect(texts(run(out('x'.repeat(3_000_000)), error).outputs).at(-1)).toBe('error: stopped');
  });

  it('bounds the number of displays', () => {
    const outputs = new CellOutputs(1);
    for (let count = 0; count < 5000; count++) outputs.apply(show('x'));
    expect(outputs.outputs).toHaveLength(2001);
    expect(texts(outputs.outputs).at(-1)).toContain('3000 displays left out');
  });
});

describe("an output in the editor's form", () => {
  const items = (output: CellOutput): Record<string, string> =>
    Object.fromEntries(
      toEditorOutput(output).items.map(({ mime, data }) => [mime, new TextDecoder().decode(data)]),
    );
  const display = (data: Record<string, unknown>): CellOutput => {
    return { kind: 'display', data, metadata: { width: 3 }, displayId: 'd', count: undefined };
  };

  it('puts the richest first and keeps every mime type', () => {
    const data = {
      'text/plain': 'p',
      'image/png': 'aGk=',
      'x/y': '1',
      'text/html': '<b>',
      'application/vnd.z+json': {},
    };
    expect(toEditorOutput(display(data)).items.map(({ mime }) => mime)).toEqual([
      'application/vnd.z+json',
      'text/html',
      'image/png',
      'x/y',
      'text/plain',
    ]);
  });

  it('decodes images, writes JSON, joins lines and leaves SVG as text', () => {
    const data = {
      'image/png': 'aGk=',
      'image/svg+xml': '<svg/>',
      'application/json': { a: [1] },
      'text/html': ['<b>', '</b>'],
    };
    expect(items(display(data))).toEqual({
      'image/png': 'hi',
      'image/svg+xml': '<svg/>',
      'application/json': '{"a":[1]}',
      'text/html': '<b></b>',
    });
  });

  it('names what the serializer needs to write a display, a result, a stream and an error', () => {
    expect(toEditorOutput(display({})).metadata).toEqual({
      outputType: 'display_data',
      metadata: { width: 3 },
      transient: { display_id: 'd' },
    });
    const result: CellOutput = { kind: 'result', data: {}, metadata: {}, displayId: undefined, count: 4 };
    expect(toEditorOutput(result).metadata).toEqual({
      outputType: 'execute_result',
      metadata: {},
      executionCount: 4,
    });
    const error: CellOutput = {
      kind: 'error',
      name: 'N',
      message: 'm',
      traceback: ['t1', 't2'],
      problems: [],
    };
    expect(toEditorOutput(error).metadata['originalError']).toEqual({
      output_type: 'error',
      ename: 'N',
      evalue: 'm',
      traceback: ['t1', 't2'],
    });
    expect(Object.values(items(error))).toEqual(['{"name":"N","message":"m","stack":"t1\\nt2"}']);
    expect(Object.keys(items({ kind: 'stream', name: 'stderr', text: 'x' }))).toEqual([
      'application/vnd.code.notebook.stderr',
    ]);
  });
});
