import { describe, expect, it } from 'vitest';
import { MarkReader } from '../../../../client/src/kernel-host/marks.ts';

const nonce = '00112233445566778899aabbccddeeff';
const mark = (cell: number): string => `\u001b_rootbook;${nonce};${String(cell)}\u001b\\`;

describe('marks in a stream', () => {
  const text = `före\n${mark(1)}\u001b[31mrot\u001b[0m${mark(12)}${mark(-3)}after \u001b_rootbook;other;3\u001b\\`;
  const expected = [`före\n`, 1, `\u001b[31mrot\u001b[0m`, 12, -3, `after \u001b_rootbook;other;3\u001b\\`];

  it.each([1, 2, 3, 7, 50, 1000])('are found when the stream comes in pieces of %i bytes', (size) => {
    const reader = new MarkReader(nonce);
    const bytes = Buffer.from(text);
    const found: (string | number)[] = [];
    for (let at = 0; at < bytes.length; at += size)
      for (const piece of reader.read(bytes.subarray(at, at + size))) {
        const last = found.at(-1);
        if ('mark' in piece) found.push(piece.mark);
        else if ('message' in piece) found.push(-piece.message);
        else if (typeof last === 'string') found[found.length - 1] = last + piece.text;
        else found.push(piece.text);
      }
    expect([...found, reader.end()].filter((each) => each !== '')).toEqual(expected);
  });

  it('do not hold back text that is no beginning of a mark', () => {
    const reader = new MarkReader(nonce);
    expect(reader.read(Buffer.from('x\u001b[1m'))).toEqual([{ text: 'x\u001b[1m' }]);
    expect(reader.read(Buffer.from('y\u001b_root'))).toEqual([{ text: 'y' }]);
    expect(reader.read(Buffer.from('z'))).toEqual([{ text: '\u001b_rootz' }]);
  });
});
