import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toSteps } from '../../../client/src/kernel-host/runner/magics.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import {
  type CellResult,
  runCell,
  testHosts,
  type TestHosts,
  testInstallation,
} from '../../support/real-kernel.ts';

let hosts: TestHosts;
let session: Session;
beforeAll(async () => {
  hosts = await testHosts();
  session = await hosts.open('cpp');
});
afterAll(() => hosts.close());

const run = (code: string): Promise<CellResult> => runCell(session, code);

function shown({ events }: CellResult): Readonly<Record<string, unknown>> | undefined {
  const display = events.find((event) => event.kind === 'display');
  return display?.kind === 'display' ? display.data : undefined;
}

/** The magics that a package defines, by the names of its methods or functions. */
async function definedIn(folder: string): Promise<readonly string[]> {
  const { root } = await testInstallation();
  const magics = path.join(path.dirname(root), folder);
  return readdirSync(magics)
    .filter((file) => file.endsWith('.py'))
    .flatMap((file) => {
      const text = readFileSync(path.join(magics, file), 'utf8');
      return [...text.matchAll(/def (line|cell)_(\w+)\(/g)].map(
        ([, kind, name = '']) => (kind === 'line' ? '%' : '%%') + name,
      );
    });
}

describe('magics in a C++ notebook', () => {
  it('of JupyROOT and metakernel are all known: each runs or has an answer of its own', async () => {
    const folders = ['metakernel/magics', 'ROOT/_jupyroot/kernel/magics', 'ROOT/_jupyroot/magics'];
    const magics = (await Promise.all(folders.map(definedIn))).flat();
    expect(magics.length).toBeGreaterThan(50);
    const unknown = magics.filter((magic) =>
      toSteps(`${magic} x\nbody`).some(({ kind }) => kind === 'unknown'),
    );
    // `%%jsroot x` and the like are wrong by their argument.
    expect(unknown.filter((magic) => !/jsroot|cpp/.test(magic))).toEqual([]);
  });

  it('change the folder and the environment of the session', async () => {
    expect(await run('%cd /')).toMatchObject({ status: 'ok', stdout: '/\n' });
    expect((await run('%pwd')).stdout).toBe('/\n');
    expect(await run('%cd /no/such/folder')).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining('There is no folder /no/such/folder') as unknown },
    });
    expect(await run('%env ROOTBOOK_A=1 2\ngSystem->Getenv("ROOTBOOK_A")')).toMatchObject({
      stdout: expect.stringContaining('"1 2"') as unknown,
    });
    expect((await run('%env ROOTBOOK_A')).stdout).toBe('1 2\n');
    await run(`%cd ${hosts.stateFolder}`);
  });

  it('write files and run them', async () => {
    await run('%%file magic.C\nvoid magic(int n = 1) { printf("magic %d\\n", n); }');
    expect((await run('%run magic.C(7)')).stdout).toContain('magic 7\n');
    await run('%%file later.h\nint later() { return 8; }');
    expect((await run('%include later.h\nlater()')).stdout).toContain('(int) 8');
    await run('%%file magic.py\nprint("from Python")');
    expect((await run('%run magic.py')).stdout).toContain('from Python');
  });

  it('show what is not code', async () => {
    expect(shown(await run('%%html\n<b>bold</b>'))).toMatchObject({ 'text/html': '<b>bold</b>' });
    expect(shown(await run('%latex $x^2$'))).toMatchObject({ 'text/latex': '$x^2$' });
    expect(shown(await run('%lsmagic'))?.['text/plain']).toContain('%%cpp');
  });

  it('that are for Python say so and let the cell go on', async () => {
    const ran = await run('%matplotlib inline\n%load_ext autoreload\n6 * 7');
    expect(ran).toMatchObject({ status: 'ok', stdout: '(int) 42\n' });
    expect(ran.events.filter(({ kind }) => kind === 'notice')).toHaveLength(2);
  });

  it.each([
    ['%rootbrowse x.root', /ls\(\)/],
    ['%jsmva on', /no longer part of ROOT/],
    ['%%timeit\nf();', /%%time/],
    ['%restart', /Restart Kernel/],
    ['%dot x', /metakernel/],
    ['%no_such_magic', /%lsmagic/],
  ])('%j fails with what to do instead', async (code, message) => {
    const ran = await run(code);
    expect(ran.status).toBe('error');
    expect(ran.error?.message).toMatch(message);
  });
});
