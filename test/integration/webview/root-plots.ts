import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { testInstallation } from '../../support/real-kernel.ts';

export interface RootPlots {
  /** JSON of a canvas as TBufferJSON wrote it. */
  json(name: string): string;
  /** The same as TBufferJSON::zipJSON packed it. */
  zip(name: string): { readonly length: number; readonly base64: string };
  /** What ROOT itself says of the objects: entries, means and so on. */
  readonly numbers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  remove(): void;
}

/** Draws the canvases of `plots.C` with the real ROOT. */
export const drawWithRoot = async (): Promise<RootPlots> => {
  const { executable } = await testInstallation();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rootbook-plots-'));
  const macro = path.join(import.meta.dirname, 'plots.C');
  execFileSync(executable, ['-l', '-b', '-q', '-n', `${macro}("${folder}")`], {
    timeout: 120_000,
    stdio: 'pipe',
  });
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  return {
    json: (name) => read(`${name}.json`),
    zip: (name) => {
      const [length = '', base64 = ''] = read(`${name}.zip`).split(' ');
      return { length: Number(length), base64 };
    },
    // SAFETY: plots.C writes this file a moment before.
    numbers: JSON.parse(read('numbers.json')) as RootPlots['numbers'],
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
