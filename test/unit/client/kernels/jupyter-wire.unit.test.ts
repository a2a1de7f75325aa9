import { describe, expect, it } from 'vitest';
import { decode, encode, sign, type WireMessage } from '../../../../client/src/kernels/jupyter-wire.ts';

const sender = { session: 's', username: 'u' };
const message: WireMessage = {
  type: 'comm_msg',
  id: 'm1',
  parentId: 'p1',
  content: { text: 'Größe', nested: { list: [1, null] } },
  metadata: { a: 1 },
  buffers: [Buffer.from([0, 255]).toString('base64'), ''],
};
const texts = (...parts: string[]): Buffer[] => parts.map((part) => Buffer.from(part));

describe('a signature', () => {
  // Made with Python's hmac module: hmac.new(key, b''.join(parts), 'sha256').hexdigest().
  it.each([
    ['key', ['{}', '{}', '{}', '{}'], 'ca767b02c5bc061ed184a9a029e7f93a7f2f7ed4e8fe74120fc1212f0b008fa3'],
    [
      'ключ',
      ['{"a":"ü"}', '{}', '{}', '{}'],
      'df12c688bbd32d008cdc644c27300cf1b7118babb11b74c98e01351dbe6cb75c',
    ],
    ['', ['{}', '{}', '{}', '{}'], ''],
  ])('with key %j over %j is that of Python', (key, parts, expected) => {
    expect(sign(key, texts(...parts))).toBe(expected);
  });
});

describe('a message', () => {
  it('comes back as it was, with buffers and identities before it', () => {
    const frames = [Buffer.from('identity'), Buffer.from([0, 1]), ...encode(message, sender, 'k')];
    expect(decode(frames, 'k')).toEqual({ kind: 'message', message });
  });

  it('without parent, metadata and buffers has none afterwards', () => {
    const small = { type: 't', id: 'i', content: {} };
    expect(decode(encode(small, sender, 'k'), 'k')).toEqual({
      kind: 'message',
      message: { ...small, metadata: {} },
    });
  });

  it('carries what kernels expect in a header', () => {
    const header: unknown = JSON.parse(String(encode(message, sender, 'k')[2]));
    expect(header).toMatchObject({
      msg_id: 'm1',
      msg_type: 'comm_msg',
      session: 's',
      username: 'u',
      version: '5.3',
    });
  });
});

const good = encode(message, sender, 'k');
const replaced = (index: number, text: string): Buffer[] =>
  good.map((frame, at) => (at === index ? Buffer.from(text) : frame));
/** Frames of a sender who knows the key and sends nonsense. */
const signed = (...parts: string[]): Buffer[] => [
  Buffer.from('<IDS|MSG>'),
  Buffer.from(sign('k', texts(...parts))),
  ...texts(...parts),
];
const header = '{"msg_id":"m","msg_type":"t"}';

describe('frames that are no message', () => {
  it.each<[string, readonly Buffer[], RegExp]>([
    ['none at all', [], /no delimiter/],
    ['an empty one', [Buffer.alloc(0)], /no delimiter/],
    ['only a delimiter', texts('<IDS|MSG>'), /0 frames/],
    ['too few', good.slice(0, 4), /3 frames/],
    ['another key', encode(message, sender, 'x'), /signature/],
    ['no signature', replaced(1, ''), /signature/],
    ['a long signature', replaced(1, 'f'.repeat(1000)), /signature/],
    ['a signature in capitals', replaced(1, String(good[1]).toUpperCase()), /signature/],
    ['another header', replaced(2, header), /signature/],
    ['another parent', replaced(3, '{}'), /signature/],
    ['other metadata', replaced(4, '{}'), /signature/],
    ['other content', replaced(5, '{}'), /signature/],
    ['a header that is not JSON', signed('{', '{}', '{}', '{}'), /JSON/],
    ['a header that is a list', signed('[]', '{}', '{}', '{}'), /expected object/],
    ['a header without a type', signed('{"msg_id":"m"}', '{}', '{}', '{}'), /msg_type/],
    ['an empty type', signed('{"msg_id":"m","msg_type":""}', '{}', '{}', '{}'), /msg_type/],
    ['a number for an id', signed('{"msg_id":1,"msg_type":"t"}', '{}', '{}', '{}'), /msg_id/],
    ['a parent of null', signed(header, 'null', '{}', '{}'), /expected object/],
    ['content that is text', signed(header, '{}', '{}', '"x"'), /expected record/],
    ['metadata that is a number', signed(header, '{}', '7', '{}'), /expected record/],
    ['bytes that are no UTF-8', signed(header, '{}', '{}', '\ufffd'), /JSON/],
  ])('(%s) say why in one line', (_, frames, reason) => {
    const decoded = decode(frames, 'k');
    expect(decoded).toEqual({ kind: 'bad', reason: expect.stringMatching(reason) as string });
    expect(JSON.stringify(decoded)).not.toContain('\\n');
  });
});
