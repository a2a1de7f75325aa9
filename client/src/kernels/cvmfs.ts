import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { exists } from './environments.ts';

/** So many of the newest views are offered without being asked for; any other by its folder. */
const offeredViews = 3;

/** Milliseconds in which CVMFS answers, if it does: its first read mounts a repository over the network. */
const patience = 3000;

type List = (folder: string) => Promise<readonly string[]>;

/**
 * Finds the newest LCG views that run on this host.
 *
 * CVMFS must not be listed: it mounts what is named. A read can take for ever, and a read that hangs takes one of the few
 * threads that read files: so one read happens at a time, and none while an earlier one hangs.
 */
export class ViewFinder {
  readonly #patience: number;
  readonly #list: List;
  #reading: Promise<readonly string[]> | undefined;

  /** @param list names what is in a folder. */
  constructor(milliseconds = patience, list: List = (folder) => readdir(folder)) {
    this.#patience = milliseconds;
    this.#list = list;
  }

  /**
   * @param folder where CVMFS is mounted.
   * @param host what names of platforms begin with, `x86_64-el9`.
   * @returns folders of views, the newest first; none when CVMFS does not answer in time.
   */
  async find(folder: string, host: string): Promise<readonly string[]> {
    if (this.#reading) return [];
    const views = path.join(folder, 'sft.cern.ch', 'lcg', 'views');
    const reading = newestViews(views, host, this.#list).finally(() => {
      this.#reading = undefined;
    });
    this.#reading = reading;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(resolve, this.#patience, []);
    });
    const found = await Promise.race([reading, late]);
    clearTimeout(timer);
    return found;
  }
}

/**
 * What names of LCG platforms begin with that run on a host.
 *
 * @param release text of `/etc/os-release`.
 * @param architecture in Node's words.
 * @returns `undefined` where LCG builds nothing for it.
 */
export function hostPlatform(release: string, architecture: string): string | undefined {
  const value = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? '';
  const machine = ({ x64: 'x86_64', arm64: 'aarch64' } as Readonly<Record<string, string>>)[architecture];
  const [major = ''] = value('VERSION_ID').split('.');
  if (machine === undefined || major === '') return undefined;
  if (value('ID') === 'ubuntu') return `${machine}-ubuntu${value('VERSION_ID').replace('.', '')}`;
  const isEnterprise = /\b(rhel|centos)\b/.test(`${value('ID')} ${value('ID_LIKE')}`);
  if (!isEnterprise) return undefined;
  return Number(major) < 8 ? `${machine}-centos${major}` : `${machine}-el${major}`;
}

async function newestViews(views: string, host: string, list: List): Promise<readonly string[]> {
  const releases = (await list(views).catch(() => []))
    .flatMap((name) => {
      const [, number, letter = ''] = /^LCG_(\d+)([a-z]?)$/.exec(name) ?? [];
      return number === undefined ? [] : [{ name, number: Number(number), letter }];
    })
    .sort((a, b) => b.number - a.number || b.letter.localeCompare(a.letter));
  const found: string[] = [];
  for (const { name } of releases) {
    if (found.length === offeredViews) break;
    const view = await newestBuild(path.join(views, name), host, list);
    if (view !== undefined) found.push(view);
  }
  return found;
}

/** The optimized build by the newest GCC, as most analyses use. */
async function newestBuild(release: string, host: string, list: List): Promise<string | undefined> {
  const builds = (await list(release).catch(() => []))
    .flatMap((name) => {
      const compiler = /^gcc(\d+)-opt$/.exec(name.startsWith(`${host}-`) ? name.slice(host.length + 1) : '');
      return compiler ? [{ name, version: Number(compiler[1]) }] : [];
    })
    .sort((a, b) => b.version - a.version);
  for (const { name } of builds) {
    const view = path.join(release, name);
    if (await exists(path.join(view, 'setup.sh'))) return view;
  }
  return undefined;
}
