import net from 'node:net';
import { Channel } from '../base/channel.ts';
import { UserError } from '../base/errors.ts';
import type { Execution, Remark } from '../kernels/execution.ts';
import type { KernelMessage } from '../kernels/messages.ts';
import type { Transport } from '../kernels/transport.ts';
import { HostFrame, LineReader, type Opening, toLine } from './frames.ts';

/** What a host says to who wants its kernel. `holder`: the window that has it. */
export type Answer =
  | {
      readonly kind: 'attached';
      readonly transport: Transport;
      readonly executions: readonly Execution[];
      readonly remarks: readonly Remark[];
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly holder: string | undefined };

/** Attaches to a kernel host. @throws {UserError} when the host is gone or does not speak sense. */
export async function attachTo(
  socketPath: string,
  opening: Extract<Opening, { frame: 'attach' }>,
): Promise<Answer> {
  const socket = net.connect(socketPath);
  const incoming = new Channel<KernelMessage>();
  const answer = await new Promise<Exclude<HostFrame, { frame: 'message' }>>((resolve, reject) => {
    readFrames(
      socket,
      (frame) => {
        if (frame.frame === 'message') incoming.push(frame.message);
        else resolve(frame);
      },
      (error) => {
        reject(error ?? new UserError('The kernel host ended.'));
        incoming.end(error);
      },
    );
    socket.on('connect', () => socket.write(toLine(opening)));
  });
  if (answer.frame === 'refused') {
    socket.destroy();
    return { kind: 'refused', reason: answer.reason, holder: answer.holder };
  }
  if (answer.frame === 'attached') {
    const { executions, remarks } = answer;
    return { kind: 'attached', transport: transportOn(socket, incoming), executions, remarks };
  }
  socket.destroy();
  throw new UserError('The kernel host gave an answer that nobody understands.');
}

/** Asks a host one thing, without attaching to it. @throws {UserError} when it is gone, or silent for so long. */
export async function ask(
  socketPath: string,
  opening: Exclude<Opening, { frame: 'attach' }>,
  milliseconds: number,
): Promise<HostFrame> {
  const socket = net.connect(socketPath);
  socket.setTimeout(milliseconds, () => socket.destroy());
  try {
    return await new Promise((resolve, reject) => {
      readFrames(socket, resolve, (error) => {
        reject(error ?? new UserError('The kernel host does not answer.'));
      });
      socket.on('connect', () => socket.write(toLine(opening)));
    });
  } finally {
    socket.destroy();
  }
}

function readFrames(
  socket: net.Socket,
  onFrame: (frame: HostFrame) => void,
  onEnd: (error: Error | undefined) => void,
): void {
  const lines = new LineReader();
  socket.setEncoding('utf8');
  socket.on('data', (text) => {
    try {
      for (const value of lines.read(text.toString())) onFrame(HostFrame.parse(value));
    } catch (error) {
      onEnd(error instanceof Error ? error : new Error(String(error)));
      socket.destroy();
    }
  });
  socket.on('error', (cause) => {
    onEnd(new UserError('The connection to the kernel host broke.', { cause }));
  });
  socket.on('close', () => {
    onEnd(undefined);
  });
}

/** Milliseconds that a host has to take what was sent last. */
const partingPatience = 1000;

function transportOn(socket: net.Socket, incoming: Channel<KernelMessage>): Transport {
  return {
    incoming,
    send: (message) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) reject(new UserError('The kernel host ended.'));
        else {
          socket.write(toLine({ frame: 'message', message }));
          resolve();
        }
      }),
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else {
          const patience = setTimeout(() => socket.destroy(), partingPatience);
          socket.once('close', () => {
            clearTimeout(patience);
            resolve();
          });
          // The host ends its side when it has read all. Writing to a socket that is gone would cost it what it has not read.
          socket.end();
        }
      }),
  };
}
