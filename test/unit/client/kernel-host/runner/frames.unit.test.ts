import { describe, expect, it } from 'vitest';
import { command, FrameReader } from '../../../../../client/src/kernel-host/runner/frames.ts';

describe('runner frames', () => {
  const payload = Buffer.from('In[2]:3:1: error: ü\n{}');
  const bytes = Buffer.concat([
    Buffer.from('{"frame":"ready"}\n'),
    Buffer.from(`{"frame":"diagnostic","cell":2,"severity":"error","bytes":${String(payload.length)}}\n`),
    payload,
    Buffer.from('{"frame":"done","cell":2,"status":"ok"}\n'),
  ]);

  it.each([1, 3, 10, 10_000])('are read when they come in pieces of %i bytes', (size) => {
    const reader = new FrameReader();
    const received = [];
    for (let at = 0; at < bytes.length; at += size)
      received.push(...reader.read(bytes.subarray(at, at + size)));
    expect(received.map(({ frame }) => frame.frame)).toEqual(['ready', 'diagnostic', 'done']);
    expect(received[1]?.payload.equals(payload)).toBe(true);
  });

  it.each([
    ['not JSON\n'],
    ['{"frame":"unknown"}\n'],
    ['{"frame":"done","cell":"2","status":"ok"}\n'],
    ['[]\n'],
  ])('that are malformed throw: %j', (text) => {
    expect(() => new FrameReader().read(Buffer.from(text))).toThrow();
  });

  it('to the runner are one line of words and the bytes it announces', () => {
    expect(command('cell', { id: 3, name: 'In[3]' }, Buffer.from('ä')).toString()).toBe(
      'cell id=3 name=In[3] bytes=2\nä',
    );
    expect(command('wake', { cell: 0 }).toString()).toBe('wake cell=0\n');
  });
});
