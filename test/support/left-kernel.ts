import type { KernelHosts } from '../../client/src/kernel-host/client.ts';
import type { LaunchSpec } from '../../client/src/kernel-host/launch-spec.ts';
import type { CellEvent } from '../../client/src/kernels/cell-events.ts';
import type { CellRequest, Session } from '../../client/src/kernels/session.ts';
import { cellRequest } from './cell-request.ts';
import { type CellResult, collect, until } from './real-kernel.ts';

const never = new AbortController().signal;

/** Starts the kernel of a notebook, or attaches to it. */
export function openKernel(hosts: KernelHosts, spec: LaunchSpec): Promise<Session> {
  return hosts.open(spec, () => undefined, never);
}

/** Attaches to the kernel that a notebook left running. @throws when there is none to be had. */
export async function comeBack(hosts: KernelHosts, spec: LaunchSpec, takeOver = false): Promise<Session> {
  const found = await hosts.attach(spec, takeOver, never);
  if (found.kind !== 'attached') throw new Error(`not attached: ${JSON.stringify(found)}`);
  return found.session;
}

/** A cell that runs, and what came of it so far. */
export interface Begun {
  readonly id: string;
  readonly heard: readonly CellEvent[];
  /** All text so far. */
  readonly text: () => string;
}

/** Starts a cell and goes on at once; that its session ends before it does is no failure. */
export function begin(session: Session, code: string, changes: Partial<CellRequest> = {}): Begun {
  const request = cellRequest(code, changes);
  return listen(request.id, session.execute(request, never));
}

/** Listens to a cell that an earlier session began. */
export function listen(id: string, events: AsyncIterable<CellEvent>): Begun {
  const heard: CellEvent[] = [];
  void (async () => {
    for await (const event of events) heard.push(event);
  })().catch(() => undefined);
  const text = (): string => heard.map((event) => (event.kind === 'stream' ? event.text : '')).join('');
  return { id, heard, text };
}

/** Waits until a cell has printed this. */
export function untilPrinted(cell: Begun, text: string): Promise<void> {
  return until(() => cell.text().includes(text));
}

/** Follows one cell of an earlier session to its end. */
export function followToEnd(session: Session, id: string): Promise<CellResult> {
  return collect(session.follow(id, never));
}

/** The numbers of lines like `line 12`, in the order in which they were printed. */
export function lineNumbers(text: string): readonly number[] {
  return [...text.matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
}

export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
