import net from 'node:net';
import { Channel } from '../base/channel.ts';
import { UserError } from '../base/errors.ts';
import type { KernelMessage } from '../kernels/messages.ts';
import type { Transport } from '../kernels/transport.ts';
import { HostFrame, LineReader, protocolVersion, toLine } from './frames.ts';

/** Attaches to a kernel host. @throws {UserError} when the host refuses or is gone. */
export async function connect(socketPath: string, token: string): Promise<Transport> {
  const socket = net.connect(socketPath);
  socket.setEncoding('utf8');
  const incoming = new Channel<KernelMessage>();
  const lines = new LineReader();
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (text) => {
      try {
        for (const value of lines.read(text.toString())) {
          const frame = HostFrame.parse(value);
          if (frame.frame === 'message') incoming.push(frame.message);
          else if (frame.frame === 'attached') resolve();
          else reject(new UserError(`The kernel cannot be attached: ${frame.reason}.`));
        }
      } catch (error) {
        incoming.end(error instanceof Error ? error : new Error(String(error)));
        socket.destroy();
      }
    });
    socket.on('error', (cause) => {
      const error = new UserError('The connection to the kernel host broke.', { cause });
      reject(error);
      incoming.end(error);
    });
    socket.on('close', () => {
      reject(new UserError('The kernel host ended.'));
      incoming.end();
    });
    socket.on('connect', () => {
      socket.write(toLine({ frame: 'attach', protocol: protocolVersion, token }));
    });
  });
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
          socket.once('close', () => {
            resolve();
          });
          socket.destroy();
        }
      }),
  };
}
