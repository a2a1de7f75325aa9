import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a run leaves behind. Without it a dead extension host would look like a good end. */
export interface HostResult {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly error: string }[];
}

/** Runs the suites that `define` adds, prints them, and writes the result to the file named by `ROOTBOOK_HOST_RESULT`. */
export async function runMocha(define: () => void): Promise<void> {
  const file = process.env['ROOTBOOK_HOST_RESULT'];
  if (file === undefined) throw new Error('ROOTBOOK_HOST_RESULT is not set');
  const mocha = new Mocha({ ui: 'bdd', reporter: 'spec', timeout: 60_000, color: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  define();
  const passed: string[] = [];
  const failed: HostResult['failed'][number][] = [];
  await new Promise<void>((resolve) => {
    mocha
      .run(() => {
        resolve();
      })
      .on('pass', (test) => passed.push(test.fullTitle()))
      .on('fail', (test, error: Error) =>
        failed.push({ title: test.fullTitle(), error: error.stack ?? String(error) }),
      );
  });
  writeFileSync(file, JSON.stringify({ passed, failed } satisfies HostResult));
  if (failed.length > 0) throw new Error(`${String(failed.length)} failed`);
}
