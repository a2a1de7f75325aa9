import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../kernels/environments.ts';
import { programsFolder } from './records.ts';

/** Where a host program runs from. */
export interface HostProgram {
  readonly main: string;
  readonly agentFolder: string;
}

/**
 * Copies the host and the agent out of the extension's folder, once per version of them: an update of the extension
 * deletes its old folder under running hosts.
 */
export async function copyHost(
  bundleFolder: string,
  agentFolder: string,
  stateFolder: string,
): Promise<HostProgram> {
  const folder = path.join(programsFolder(stateFolder), await fingerprint(bundleFolder, agentFolder));
  const program = { main: path.join(folder, 'host', 'main.cjs'), agentFolder: path.join(folder, 'agent') };
  if (await exists(folder)) {
    // In use again: not to be swept before its host has said so.
    const now = new Date();
    await utimes(folder, now, now);
    return program;
  }
  const draft = `${folder}.${String(process.pid)}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await cp(bundleFolder, path.join(draft, 'host'), { recursive: true, dereference: true });
  await cp(agentFolder, program.agentFolder.replace(folder, draft), { recursive: true });
  // Another window may have been faster.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  return program;
}

async function fingerprint(bundleFolder: string, agentFolder: string): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await readFile(path.join(bundleFolder, 'main.cjs')));
  for (const name of (await readdir(agentFolder)).sort())
    if (/\.(C|h|py)$/.test(name)) hash.update(name).update(await readFile(path.join(agentFolder, name)));
  return hash.digest('hex').slice(0, 16);
}
