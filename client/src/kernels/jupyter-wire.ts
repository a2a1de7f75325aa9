import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { KernelMessage } from './messages.ts';

/** A message as it stands on a ZeroMQ socket: the channel is the socket's. */
export type WireMessage = Omit<KernelMessage, 'channel'>;

/** Who sends: a kernel answers to the session of the request. */
export interface Sender {
  readonly session: string;
  readonly username: string;
}

/** Frames that are no message of this connection say why. */
export type Decoded =
  | { readonly kind: 'message'; readonly message: WireMessage }
  | { readonly kind: 'bad'; readonly reason: string };

const delimiter = Buffer.from('<IDS|MSG>');

/** Version of the messaging protocol that requests claim; kernels of 5.0 to 5.4 understand all that is sent. */
const protocol = '5.3';

const Header = z.object({ msg_id: z.string().min(1), msg_type: z.string().min(1) });
const ParentHeader = z.object({ msg_id: z.string().optional() });
const Dictionary = z.record(z.string(), z.unknown());

/** HMAC-SHA256 in hex over header, parent header, metadata and content; empty with an empty key. */
export function sign(key: string, parts: readonly Buffer[]): string {
  if (key === '') return '';
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

/** Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol */
export function encode(message: WireMessage, sender: Sender, key: string): Buffer[] {
  const header = {
    msg_id: message.id,
    msg_type: message.type,
    session: sender.session,
    username: sender.username,
    date: new Date().toISOString(),
    version: protocol,
  };
  const parent = message.parentId === undefined ? {} : { msg_id: message.parentId };
  const parts = [header, parent, message.metadata ?? {}, message.content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  );
  const buffers = (message.buffers ?? []).map((buffer) => Buffer.from(buffer, 'base64'));
  return [delimiter, Buffer.from(sign(key, parts)), ...parts, ...buffers];
}

/** Reads the frames of one message. Never throws: what others put on a socket is not a defect of ours. */
export function decode(frames: readonly Buffer[], key: string): Decoded {
  const start = frames.findIndex((frame) => frame.equals(delimiter));
  if (start < 0) return bad('no delimiter');
  const [signature, ...rest] = frames.slice(start + 1);
  const parts = rest.slice(0, 4);
  if (!signature || parts.length < 4)
    return bad(`${String(frames.length - start - 1)} frames after the delimiter`);
  if (!isSame(signature, Buffer.from(sign(key, parts)))) return bad('its signature does not match');
  try {
    const [header, parent, metadata, content] = parts.map((part): unknown =>
      JSON.parse(part.toString('utf8')),
    );
    const head = Header.parse(header);
    const parentId = ParentHeader.parse(parent).msg_id;
    const buffers = rest.slice(4).map((buffer) => buffer.toString('base64'));
    const message = {
      type: head.msg_type,
      id: head.msg_id,
      ...(parentId ? { parentId } : {}),
      content: Dictionary.parse(content),
      metadata: Dictionary.parse(metadata),
      ...(buffers.length > 0 ? { buffers } : {}),
    };
    return { kind: 'message', message };
  } catch (error) {
    return bad(error instanceof z.ZodError ? z.prettifyError(error) : String(error));
  }
}

function isSame(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function bad(reason: string): Decoded {
  return { kind: 'bad', reason: reason.replaceAll(/\s+/g, ' ') };
}
