import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { newSocketPath } from '../records.ts';

/** How to reach a kernel. Field names are those of Jupyter's connection files. */
export interface Connection {
  readonly transport: 'ipc' | 'tcp';
  /** With `ipc`: what all socket paths start with. */
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: 'hmac-sha256';
}

export type PortName = 'shell' | 'iopub' | 'stdin' | 'control' | 'hb';

/** A connection file that only this user can read, and what must be removed with it. */
export interface ConnectionFile {
  readonly connection: Connection;
  readonly file: string;
  remove(): Promise<void>;
}

export function endpoint(connection: Connection, port: PortName): string {
  const separator = connection.transport === 'ipc' ? '-' : ':';
  return `${connection.transport}://${connection.ip}${separator}${String(connection[`${port}_port`])}`;
}

/**
 * Writes a connection file into a fresh folder that only this user can enter.
 *
 * With `ipc`, no other user of the machine can reach the kernel at all; with `tcp` its key alone protects it.
 */
export async function writeConnectionFile(
  transport: 'ipc' | 'tcp',
  privateFolder: string,
): Promise<ConnectionFile> {
  const folder = await freshFolder(privateFolder);
  await mkdir(folder, { mode: 0o700 });
  const ports = transport === 'ipc' ? [1, 2, 3, 4, 5] : await freePorts(5);
  const [shell = 0, iopub = 0, stdin = 0, control = 0, hb = 0] = ports;
  const connection: Connection = {
    transport,
    ip: transport === 'ipc' ? path.join(folder, 'k') : '127.0.0.1',
    shell_port: shell,
    iopub_port: iopub,
    stdin_port: stdin,
    control_port: control,
    hb_port: hb,
    key: randomBytes(32).toString('hex'),
    signature_scheme: 'hmac-sha256',
  };
  const file = path.join(folder, 'kernel.json');
  await writeFile(file, JSON.stringify({ ...connection, kernel_name: 'rootbook' }), {
    mode: 0o600,
    flag: 'wx',
  });
  return { connection, file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Sockets have short names: 104 bytes on macOS, 107 on Linux. */
async function freshFolder(privateFolder: string): Promise<string> {
  const folder = path.join(privateFolder, `k${randomBytes(4).toString('hex')}`);
  return Buffer.byteLength(path.join(folder, 'k-5')) <= 103 ? folder : await newSocketPath();
}

/** Ports that are free now. Somebody else may take one before the kernel does: then the kernel ends and is retried. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
