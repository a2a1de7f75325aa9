// A window with its extension host, as a process that a crash test kills: attaches to the kernel of a notebook, runs what it is
// told on stdin, and says on stdout what it hears. Usage: crash-window BUNDLE-FOLDER STATE-FOLDER SPEC.
import { createInterface } from 'node:readline';
import { createKernelHosts } from '../../../client/src/kernel-host/client.ts';
import { LaunchSpec } from '../../../client/src/kernel-host/launch-spec.ts';
import type { CellEvent } from '../../../client/src/kernels/cell-events.ts';
import type { Session } from '../../../client/src/kernels/session.ts';
import { cellRequest } from '../cell-request.ts';
import { quiet } from '../real-kernel.ts';
import { type Heard, Told } from './words.ts';

const [bundleFolder = '', stateFolder = '', spec = ''] = process.argv.slice(2);
const hosts = createKernelHosts({ bundleFolder, stateFolder }, `process ${String(process.pid)}`, quiet);
const launch = LaunchSpec.parse(JSON.parse(spec));
const never = new AbortController().signal;

function say(heard: Heard): void {
  process.stdout.write(`${JSON.stringify(heard)}\n`);
}

async function listen(id: string, events: AsyncIterable<CellEvent>): Promise<void> {
  for await (const event of events) {
    if (event.kind === 'stream') say({ id, text: event.text });
    else if (event.kind === 'display' || event.kind === 'update')
      say({ id, display: String(event.data['text/plain']) });
    else if (event.kind === 'started' || event.kind === 'done') say({ id, what: event.kind });
  }
}

/** Attaches, or starts a kernel; what an earlier one left is told first. */
async function begin(): Promise<Session> {
  const found = await hosts.attach(launch, true, never);
  if (found.kind === 'attached') {
    for (const { id } of found.session.executions)
      void listen(id, found.session.follow(id, never)).catch(ignore);
    return found.session;
  }
  for (const remains of await hosts.remains(launch.notebook)) {
    for (const { id } of remains.executions) await listen(id, remains.follow(id, never));
    await remains.discard();
  }
  return hosts.open(launch, () => undefined, never);
}

function ignore(): void {
  // The kernel is gone, or another window has it.
}

const session = await begin();
say({ followed: session.executions.map(({ id }) => id) });
for await (const line of createInterface(process.stdin)) {
  const told = Told.parse(JSON.parse(line));
  if ('saved' in told) await session.saved(told.saved);
  else if ('reload' in told) {
    await session.detach();
    process.exit(0);
  } else
    for (const { id, code } of told.run)
      void listen(id, session.execute(cellRequest(code, { id }), never)).catch(ignore);
}
