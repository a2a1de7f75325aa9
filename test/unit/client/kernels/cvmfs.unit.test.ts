import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostPlatform, ViewFinder } from '../../../../client/src/kernels/cvmfs.ts';

let cvmfs: string;
beforeEach(async () => (cvmfs = await mkdtemp(path.join(os.tmpdir(), 'cvmfs-'))));
afterEach(() => rm(cvmfs, { recursive: true, force: true }));

async function views(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const view = path.join(cvmfs, 'sft.cern.ch/lcg/views', name);
    await mkdir(view, { recursive: true });
    await writeFile(path.join(view, 'setup.sh'), '');
  }
}

async function find(host = 'x86_64-el9'): Promise<readonly string[]> {
  const found = await new ViewFinder().find(cvmfs, host);
  return found.map((view) => path.relative(path.join(cvmfs, 'sft.cern.ch/lcg/views'), view));
}

describe('views on CVMFS', () => {
  it('are the newest releases that are built for this host, each by its newest compiler', async () => {
    await views(
      'LCG_99/x86_64-el9-gcc11-opt',
      'LCG_104/x86_64-el9-gcc13-opt',
      'LCG_105/x86_64-centos7-gcc11-opt',
      'LCG_106/x86_64-el9-gcc9-opt',
      'LCG_106/x86_64-el9-gcc13-opt',
      'LCG_106/x86_64-el9-gcc13-dbg',
      'LCG_106/x86_64-el9-clang16-opt',
      'LCG_106/aarch64-el9-gcc13-opt',
      'LCG_106a/x86_64-el9-gcc13-opt',
      'LCG_106_cuda/x86_64-el9-gcc13-opt',
      'LCG_latest/x86_64-el9-gcc13-opt',
    );
    expect(await find()).toEqual([
      'LCG_106a/x86_64-el9-gcc13-opt',
      'LCG_106/x86_64-el9-gcc13-opt',
      'LCG_104/x86_64-el9-gcc13-opt',
    ]);
    expect(await find('x86_64-centos7')).toEqual(['LCG_105/x86_64-centos7-gcc11-opt']);
  });

  it('are none where CVMFS is not mounted, and those that are not whole are left out', async () => {
    expect(await find()).toEqual([]);
    await views('LCG_106/x86_64-el9-gcc13-opt');
    await rm(path.join(cvmfs, 'sft.cern.ch/lcg/views/LCG_106/x86_64-el9-gcc13-opt/setup.sh'));
    expect(await find()).toEqual([]);
  });

  it('are not waited for when a read hangs, and nothing is read again meanwhile', async () => {
    const hung: string[] = [];
    const finder = new ViewFinder(20, (folder) => {
      hung.push(folder);
      return new Promise(() => undefined);
    });
    expect(await finder.find('/cvmfs', 'x86_64-el9')).toEqual([]);
    expect(await finder.find('/cvmfs', 'x86_64-el9')).toEqual([]);
    expect(hung).toEqual(['/cvmfs/sft.cern.ch/lcg/views']);
  });

  it.each([
    ['ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\n', 'x64', 'x86_64-el9'],
    ['ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.10"\n', 'arm64', 'aarch64-el8'],
    ['ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n', 'x64', 'x86_64-centos7'],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', 'x64', 'x86_64-ubuntu2204'],
    ['ID=debian\nVERSION_ID="12"\n', 'x64', undefined],
    ['ID=fedora\nVERSION_ID=41\n', 'x64', undefined],
    ['ID=rhel\nVERSION_ID="9.5"\n', 's390x', undefined],
    ['', 'x64', undefined],
  ])('fit a host that says %j', (release, architecture, platform) => {
    expect(hostPlatform(release, architecture)).toBe(platform);
  });
});
