import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startBackend } from '../../client/src/kernel-host/backends.ts';
import { protocolVersion } from '../../client/src/kernel-host/frames.ts';
import { Host, type HostJournal } from '../../client/src/kernel-host/host.ts';
import { Journal } from '../../client/src/kernel-host/journal.ts';
import { type About, journalVersion } from '../../client/src/kernel-host/journal-format.ts';
import type { LaunchSpec } from '../../client/src/kernel-host/launch-spec.ts';
import { attachTo } from '../../client/src/kernel-host/socket-transport.ts';
import { createSession, type Session } from '../../client/src/kernels/session.ts';
import { CellOutputs } from '../../client/src/notebooks/outputs.ts';
import { CrashTest } from '../support/crash/crash-test.ts';
import { begin, comeBack, openKernel } from '../support/left-kernel.ts';
import {
  quiet,
  runCell,
  type TestHosts,
  testHosts,
  until,
  untilNothingRuns,
} from '../support/real-kernel.ts';
import { type Figure, median, time, toFigure } from './figures.ts';

const rounds = 5;
const never = new AbortController().signal;

type Measure = (kernels: TestHosts) => Promise<Figure>;

/** Everything that the cells of a notebook show, as a window gathers it; a cell that still runs is there when it has text. */
async function restore(session: Session): Promise<void> {
  const follow = async (id: string, isRunning: boolean): Promise<void> => {
    const outputs = new CellOutputs(1);
    for await (const event of session.follow(id, never)) {
      outputs.apply(event);
      if (isRunning && outputs.outputs.length > 0) return;
    }
  };
  await Promise.all(session.executions.map(({ id, state }) => follow(id, state === 'running')));
}

const showing = `for (int i = 0; i < 50; ++i) printf("step %d\\n", i);
TCanvas c("c", "", 600, 400); TH1F h("h", "", 100, -3, 3); h.FillRandom("gaus", 1000); h.Draw(); c.Draw();`;

const reload: Measure = async (kernels) => {
  const against: number[] = [];
  const ours: number[] = [];
  const spec = kernels.spec('cpp');
  const first = await openKernel(kernels.hosts, spec);
  for (let index = 0; index < 20; index += 1) await runCell(first, showing);
  const running = begin(first, 'printf("on its way\\n"); fflush(stdout); gSystem->Sleep(10000000);');
  await until(() => running.text() !== '');
  await first.detach();
  for (let round = 0; round < rounds; round += 1) {
    ours.push(
      await time(async () => {
        const session = await comeBack(kernels.hosts, spec);
        await restore(session);
        await session.detach();
      }),
    );
    let fresh: Session | undefined;
    against.push(await time(async () => (fresh = await kernels.open('cpp'))));
    await fresh?.shutDown();
  }
  await (await comeBack(kernels.hosts, spec)).shutDown();
  const name = 'after a reload, 20 finished cells and one that runs are there again';
  return toFigure(name, median(ours), median(against), 'ms', { kind: 'atMost', ratio: 0.15 });
};

const nothing: HostJournal = {
  executions: [],
  filesOf: () => undefined,
  unwritten: () => [],
  queued: () => undefined,
  record: () => [],
  saved: () => undefined,
  late: () => undefined,
};

/** A host in this process, with a client. */
async function hostHere(
  spec: LaunchSpec,
  folder: string,
  journal: HostJournal,
): Promise<{ readonly session: Session; close(): Promise<void> }> {
  const token = 'for a bench';
  const host = new Host((signal) => startBackend(spec, folder, quiet, signal), journal, {
    token,
    outlivesClient: true,
    headBytes: 1e6,
  });
  await host.start();
  const socket = path.join(folder, 's');
  const server = net.createServer((connection) => {
    host.accept(connection);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const opening = {
    frame: 'attach',
    protocol: protocolVersion,
    token,
    holder: 'a bench',
    takeOver: false,
  } as const;
  const answer = await attachTo(socket, opening);
  if (answer.kind !== 'attached') throw new Error(answer.reason);
  const session = createSession(answer.transport);
  return {
    session,
    async close() {
      await session.detach();
      server.close();
      await host.close();
    },
  };
}

const journalling: Measure = async (kernels) => {
  const folders = [0, 1].map(() => mkdtempSync(path.join(os.tmpdir(), 'rb-')));
  const [own = '', other = ''] = folders;
  const spec = kernels.spec('cpp');
  const names = { notebook: 'a', installation: 'a', flavour: 'cpp', label: 'a' };
  const about: About = { version: journalVersion, pid: process.pid, ...names, startedAt: 0, headBytes: 1e6 };
  const journal = new Journal({ own: path.join(own, 'j'), outputs: path.join(own, 'o') }, about);
  const [withIt, without] = [await hostHere(spec, own, journal), await hostHere(spec, other, nothing)];
  const code = 'for (int i = 0; i < 100000; ++i) printf("line %d of many that a fit prints\\n", i);';
  const ours: number[] = [];
  const against: number[] = [];
  for (let round = 0; round < 3 * rounds; round += 1) {
    ours.push(await time(() => runCell(withIt.session, code)));
    against.push(await time(() => runCell(without.session, code)));
  }
  await withIt.close();
  await without.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  const name = '100,000 printed lines with a journal, against without';
  return toFigure(name, median(ours), median(against), 'ms', { kind: 'atMost', ratio: 1.05 });
};

/** Megabytes of main memory that a process has. */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Half a megabyte a minute. */
const linesOfMinute = 10_000;

const memory: Measure = async (kernels) => {
  const spec = kernels.spec('cpp');
  const print = async (minutes: number): Promise<number> => {
    const session = await openKernel(kernels.hosts, spec);
    const count = String(linesOfMinute * minutes);
    begin(
      session,
      `for (int i = 0; i < ${count}; ++i) printf("line %d of the log of a long fit that goes on\\n", i);`,
    );
    await until(() => session.state.kind === 'busy');
    await session.detach();
    await untilNothingRuns(kernels.hosts, 300);
    const [host] = await kernels.hosts.list();
    return residentMegabytes(host?.pid ?? 0);
  };
  await print(1);
  const against = await print(1);
  const ours = await print(8 * 60);
  await (await comeBack(kernels.hosts, spec)).shutDown();
  const name = 'memory of the host after what is printed in 8 hours, against 1 minute';
  return toFigure(name, ours, against, 'MB', { kind: 'atMost', ratio: 1.1 });
};

/** Latency of a cell after 1,000 others, none of which was saved, and after 10. */
function afterManyCells(name: string, code: (index: number) => string): Measure {
  return async (kernels) => {
    const session = await kernels.open('cpp');
    let index = 0;
    const cell = (): Promise<number> => time(() => runCell(session, code(++index)));
    const latency = async (): Promise<number> => {
      const values: number[] = [];
      for (let round = 0; round < 60; round += 1) values.push(await cell());
      return median(values);
    };
    await runCell(session, 'int x = 0;');
    for (let round = 0; round < 10; round += 1) await cell();
    const against = await latency();
    await Promise.all(Array.from({ length: 1000 - index }, cell));
    const ours = await latency();
    await session.shutDown();
    return toFigure(name, ours, against, 'ms', { kind: 'atMost', ratio: 1.1 });
  };
}

/** ROOT is not asked: what is measured is host and journal. */
const manyMagics = afterManyCells('host and journal after 1,000 cells, against after 10', () => '%jsroot on');

const manyCells = afterManyCells(
  'a C++ cell after 1,000 cells, against after 10',
  (index) => `x = ${String(index)}; printf("%d\\n", x);`,
);

const manyNotebooks: Measure = async (kernels) => {
  const specs = Array.from({ length: 20 }, () => kernels.spec('cpp'));
  for (const spec of specs) {
    const session = await openKernel(kernels.hosts, spec);
    for (let index = 0; index < 5; index += 1) await runCell(session, showing);
    await session.detach();
  }
  const attach = async (spec: LaunchSpec): Promise<void> => {
    const session = await comeBack(kernels.hosts, spec);
    await restore(session);
    await session.detach();
  };
  const ours: number[] = [];
  const against: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await time(() => Promise.all(specs.map(attach))));
    for (const spec of specs.slice(0, 3)) against.push(await time(() => attach(spec)));
  }
  for (const { id } of await kernels.hosts.list()) await kernels.hosts.shutDown(id);
  return toFigure('20 notebooks attached at once, against one', median(ours), median(against), 'ms', {
    kind: 'atMost',
    ratio: 5,
  });
};

const points = 200;

const crashes: Measure = async (kernels) => {
  const { faults, lines } = await new CrashTest(kernels, 1).run(points);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  const name = `lines not told once and in order, parts killed at ${String(points)} points`;
  return toFigure(name, faults.length, lines, 'lines', { kind: 'atMost', ratio: 0 });
};

/** What outlives a window, and what that costs. @param only runs those whose name has it. */
export async function durabilityBench(report: (figure: Figure) => void, only: string): Promise<void> {
  const measures: readonly (readonly [string, Measure])[] = [
    ['reload', reload],
    ['journalling', journalling],
    ['memory', memory],
    ['many magics', manyMagics],
    ['many cells', manyCells],
    ['many notebooks', manyNotebooks],
    ['crashes', crashes],
  ];
  for (const [name, measure] of measures) {
    if (!name.includes(only)) continue;
    const kernels = await testHosts();
    try {
      report(await measure(kernels));
    } finally {
      await kernels.close();
    }
  }
}
