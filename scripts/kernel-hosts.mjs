// @ts-check
// Kernel hosts outlive windows; whoever made a profile for a while ends the hosts that were started in it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Process ids of the kernel hosts of a profile, by the records that they keep in the extension's global storage.
 *
 * @param {string} state Folder that holds the profile.
 * @returns {number[]}
 */
export function runningHosts(state) {
  return recordsIn(state)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')).pid)
    .filter((pid) => typeof pid === 'number' && isAlive(pid));
}

/**
 * Ends the kernel hosts of a profile.
 *
 * @param {string} state Folder that holds the profile.
 * @returns {Promise<number>} How many were running.
 */
export async function endHosts(state) {
  const pids = runningHosts(state);
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + 10_000;
  while (pids.some(isAlive) && Date.now() < deadline) await wait(50);
  for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
  return pids.length;
}

/**
 * Files in which the kernel hosts of a profile say how to reach them.
 *
 * @param {string} state Folder that holds the profile.
 */
export function recordsIn(state) {
  return readdirSync(state, { recursive: true, encoding: 'utf8' })
    .filter((file) => /globalStorage\/rootbook\.rootbook\/(.*\/)?hosts\/[^/]+\.json$/.test(file))
    .map((file) => path.join(state, file));
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
