import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Publisher, Reply, Router } from 'zeromq';
import type { Log } from '../../../client/src/base/log.ts';
import { Scope } from '../../../client/src/base/scope.ts';
import {
  type Connection,
  endpoint,
  writeConnectionFile,
} from '../../../client/src/kernel-host/jupyter/connection.ts';
import { KernelSockets } from '../../../client/src/kernel-host/jupyter/sockets.ts';
import { encode, type WireMessage } from '../../../client/src/kernels/jupyter-wire.ts';
import type { KernelMessage } from '../../../client/src/kernels/messages.ts';

const sender = { session: 'kernel', username: 'kernel' };
const good: WireMessage = { type: 'status', id: 'm', parentId: 'p', content: { execution_state: 'idle' } };
const frames = (key: string, message = good): Buffer[] => encode(message, sender, key);

let scope: Scope;
let folder: string;
let connection: Connection;
let iopub: Publisher;
let shell: Router;
let stdin: Router;
let sockets: KernelSockets;
const received: KernelMessage[] = [];
const lines: string[] = [];

beforeEach(async () => {
  received.length = 0;
  lines.length = 0;
  scope = new Scope();
  folder = await mkdtemp(path.join(os.tmpdir(), 'rk-'));
  const file = await writeConnectionFile('ipc', folder);
  connection = file.connection;
  iopub = new Publisher({ linger: 0 });
  shell = new Router({ linger: 0 });
  stdin = new Router({ linger: 0 });
  const control = new Router({ linger: 0 });
  const heart = new Reply({ linger: 0 });
  const bound = { iopub, shell, stdin, control, hb: heart } as const;
  for (const [name, socket] of Object.entries(bound)) {
    await socket.bind(endpoint(connection, name as keyof typeof bound));
    scope.defer(() => {
      socket.close();
    });
  }
  void (async () => {
    for await (const beat of heart) await heart.send(beat);
  })().catch(() => undefined);
  const note = (message: string | Error): void => void lines.push(String(message));
  const log: Log = { debug: note, info: note, warn: note, error: note };
  sockets = new KernelSockets(connection, log, scope);
  sockets.onMessage = (message) => void received.push(message);
});

afterEach(async () => {
  await scope.close();
  await rm(folder, { recursive: true, force: true });
});

/** Publishes until the subscription is there, then what was asked for, then one good message. */
async function publish(...all: Buffer[][]): Promise<void> {
  await expect
    .poll(async () => {
      await iopub.send(frames(connection.key, { ...good, type: 'warm' }));
      return received.length > 0;
    })
    .toBe(true);
  for (const message of all) await iopub.send(message);
  await iopub.send(frames(connection.key, { ...good, type: 'last' }));
  await expect.poll(() => received.at(-1)?.type).toBe('last');
}

const stranger = (): Buffer[] => frames('another key');
const changed = (): Buffer[] => {
  const all = frames(connection.key);
  all[5] = Buffer.from('{"execution_state":"busy"}');
  return all;
};

it.each([
  ['signed with another key', stranger, 'signature'],
  ['changed on its way', changed, 'signature'],
  ['unsigned', () => frames(''), 'signature'],
  ['without a delimiter', () => [Buffer.from('what'), Buffer.from('ever')], 'no delimiter'],
  ['cut short', () => frames(connection.key).slice(0, 3), '2 frames'],
  ['of no frames but an empty one', () => [Buffer.alloc(0)], 'no delimiter'],
  ['a megabyte of noise', () => [Buffer.alloc(1_000_000, 0xff)], 'no delimiter'],
])('a message %s is dropped with one line, and the next one arrives', async (_, make, reason) => {
  await publish(make());
  expect(received.filter(({ type }) => type === 'status')).toEqual([]);
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^dropped a message on iopub: .*${reason}`)) as string,
  ]);
});

it('a hostile answer on shell is dropped as well, and the good one arrives', async () => {
  sockets.send('shell', { type: 'kernel_info_request', content: {} });
  const [identity = Buffer.alloc(0)] = await shell.receive();
  await shell.send([identity, ...stranger()]);
  await shell.send([identity, ...frames(connection.key, { ...good, type: 'kernel_info_reply' })]);
  await expect
    .poll(() => received.map(({ type, channel }) => `${channel} ${type}`))
    .toEqual(['shell kernel_info_reply']);
  expect(lines).toHaveLength(1);
});

it('shell and stdin have one identity, so that a kernel finds whom to ask', async () => {
  sockets.send('shell', { type: 'execute_request', content: {} });
  sockets.send('stdin', { type: 'input_reply', content: {} });
  const [[asker], [asked]] = await Promise.all([shell.receive(), stdin.receive()]);
  expect(asked?.toString()).toBe(asker?.toString());
});

it('the heart is heard', async () => {
  await sockets.beat();
});
