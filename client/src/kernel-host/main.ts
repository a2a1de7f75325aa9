import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { startBackend } from './backends.ts';
import { createFileLog } from './file-log.ts';
import { protocolVersion } from './frames.ts';
import { Host } from './host.ts';
import { Journal } from './journal.ts';
import { type About, journalVersion } from './journal-format.ts';
import { LaunchSpec } from './launch-spec.ts';
import { ownName } from './processes.ts';
import { journalFolders, newSocketPath, ownFolder, removeRecord, writeRecord } from './records.ts';

/** What the client writes into the file whose name is the first argument. */
const Start = z.object({ spec: LaunchSpec, stateFolder: z.string(), id: z.string(), label: z.string() });

const longestIdleCheckMilliseconds = 60_000;

async function main(file: string): Promise<void> {
  const { spec, stateFolder, id, label } = Start.parse(JSON.parse(readFileSync(file, 'utf8')));
  rmSync(file);
  const token = randomBytes(32).toString('hex');
  const privateFolder = await ownFolder();
  const logFile = path.join(stateFolder, 'hosts', `${id}.log`);
  const log = createFileLog(logFile);
  log.info(`${label} in ${spec.folder}, process ${String(process.pid)}`);
  process.on('uncaughtException', (error) => {
    log.error(error);
    process.exit(1);
  });
  const headBytes = spec.maxOutputMegabytes * 1e6;
  const about: About = {
    version: journalVersion,
    ...ownName(),
    notebook: spec.notebook,
    installation: spec.installation.id,
    flavour: spec.flavour,
    label,
    startedAt: Date.now(),
    headBytes,
  };
  const journal = new Journal(journalFolders(stateFolder, id), about);
  const { outlivesClient } = spec;
  const host = new Host((signal) => startBackend(spec, privateFolder, log, signal), journal, {
    token,
    outlivesClient,
    headBytes,
  });
  void host.start();
  const socket = await newSocketPath();
  const server = net.createServer((connection) => {
    host.accept(connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  let ending = false;
  const idle = `Nothing ran in it for ${String(spec.idleHours)} hours, and no window was attached.`;
  const end = async (reason: string): Promise<void> => {
    if (ending) return;
    ending = true;
    await removeRecord(stateFolder, id);
    await rm(logFile, { force: true });
    await host.close();
    server.close();
    if (outlivesClient && (journal.executions.length > 0 || reason === idle)) {
      journal.describe({ ...about, ended: reason });
    } else journal.remove();
    await rm(privateFolder, { recursive: true, force: true });
    process.exit(0);
  };
  host.onShutDown = () => void end('It was shut down.');
  process.on('SIGTERM', () => void end('It was ended from outside, as when a machine shuts down.'));
  // A closed terminal or window is no reason to end: kernels outlive windows.
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  const idleMilliseconds = spec.idleHours * 3_600_000;
  const check = (): void => {
    if (host.quietFor > idleMilliseconds) void end(idle);
  };
  setInterval(check, Math.min(idleMilliseconds, longestIdleCheckMilliseconds));
  const record = (): Promise<void> => {
    const { notebook, installation, flavour, startedAt } = about;
    return writeRecord(stateFolder, {
      id,
      ...ownName(),
      program: path.dirname(path.dirname(process.argv[1] ?? '')),
      protocol: protocolVersion,
      socket,
      token,
      ...{ notebook, installation, flavour, label, startedAt },
    });
  };
  host.onRename = async (notebook) => {
    about.notebook = notebook;
    journal.describe(about);
    await record();
  };
  await record();
  // The client waits for this line, then closes its end.
  process.stdout.on('error', () => undefined);
  process.stdout.write('listening\n');
}

const file = process.argv[2];
if (file === undefined) throw new Error('usage: main.cjs START-FILE');
void main(file);
