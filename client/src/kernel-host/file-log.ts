import { createWriteStream } from 'node:fs';
import { inspect } from 'node:util';
import type { Log } from '../base/log.ts';

/** Writes lines to an owner-only file. A full disk costs the log, never the kernel. */
export function createFileLog(file: string): Log {
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', () => undefined);
  const write =
    (level: string) =>
    (message: string | Error, ...details: unknown[]): void => {
      const words = [message, ...details].map((each) => (typeof each === 'string' ? each : inspect(each)));
      stream.write(`${new Date().toISOString()} ${level} ${words.join(' ')}\n`);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
