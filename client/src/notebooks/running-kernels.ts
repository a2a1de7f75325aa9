import type { HostStatus } from '../kernel-host/client.ts';
import type { Remains } from '../kernel-host/remains.ts';

/** One line of the list of kernels: a kernel that runs, or what one that is gone left behind. */
export type KernelRow =
  | { readonly kind: 'running'; readonly host: HostStatus }
  | { readonly kind: 'remains'; readonly remains: Remains };

/** How a row looks, and reads. */
export interface RowLook {
  /** Name of the notebook. */
  readonly label: string;
  readonly description: string;
  /** All that is known, a line each. */
  readonly details: readonly string[];
  /** For who hears it. */
  readonly spoken: string;
  readonly icon: string;
  /** Words for the `when` clauses of actions. */
  readonly context: string;
}

/** Rows that differ in what they say differ in this. */
export function describeRow(row: KernelRow, now: number): RowLook {
  return row.kind === 'running' ? describeHost(row.host, now) : describeRemains(row.remains);
}

export function keyOf(row: KernelRow): string {
  return row.kind === 'running' ? row.host.id : row.remains.id;
}

/** The notebook that a row is of; an untitled one without what tells it from those of other workspaces. */
export function notebookOf(row: KernelRow): string {
  const notebook = row.kind === 'running' ? row.host.notebook : row.remains.notebook;
  return notebook.replace(/#.*$/, '');
}

function describeHost(host: HostStatus, now: number): RowLook {
  const { state, holder, startedAt, memory, checkpointMemory } = host;
  const doing = doingOf(host);
  const size = memory === undefined ? [] : [sizeOf(memory)];
  const copies = checkpointMemory === undefined ? [] : [`${sizeOf(checkpointMemory)} of it for checkpoints`];
  const where = whereOf(host);
  const row = { kind: 'running', host } as const;
  const label = nameOf(row);
  return {
    label,
    description: [doing, where, ...size, ageOf(now - startedAt), host.label].join(' · '),
    details: [
      `${host.label}: ${doing}`,
      ...(state?.state === 'dead' ? [state.reason] : []),
      `Started ${new Date(startedAt).toLocaleString()}`,
      ...(size.length > 0 ? [['Memory: ', ...size, ...copies.map((text) => `, ${text}`)].join('')] : []),
      longWhereOf(host),
    ],
    spoken: [label, host.label, doing, `started ${ageOf(now - startedAt)} ago`, ...size, where].join(', '),
    icon: iconOf(host),
    context: ['kernel', holder.kind, ...(isBusy(host) ? ['busy'] : []), ...otherVersion(host)].join(' '),
  };
}

function describeRemains(remains: Remains): RowLook {
  const { executions, reason } = remains;
  const cells = executions.length === 1 ? '1 cell' : `${String(executions.length)} cells`;
  const left = executions.length === 0 ? 'nothing left' : `${cells} not saved`;
  const label = nameOf({ kind: 'remains', remains });
  return {
    label,
    description: `${left} · ended · ${remains.label}`,
    details: [`${remains.label}: ended. ${reason}`, `Open the notebook to restore the output of ${cells}.`],
    spoken: [label, remains.label, 'ended', left].join(', '),
    icon: 'history',
    context: 'remains',
  };
}

function nameOf(row: KernelRow): string {
  const place = decodeURIComponent(notebookOf(row));
  return place.slice(Math.max(place.lastIndexOf('/'), place.indexOf(':')) + 1);
}

function isBusy({ state, cells }: HostStatus): boolean {
  return cells > 0 || state?.state === 'busy';
}

function doingOf(host: HostStatus): string {
  const { state, cells } = host;
  if (state === undefined) return 'does not answer';
  if (state.state === 'dead') return 'ended';
  if (state.state === 'starting') return 'starting';
  if (!isBusy(host)) return 'idle';
  return cells > 1 ? `busy, ${String(cells - 1)} waiting` : 'busy';
}

function iconOf(host: HostStatus): string {
  const { state } = host;
  if (state === undefined) return 'question';
  if (state.state === 'dead') return 'error';
  if (state.state === 'starting') return 'loading~spin';
  return isBusy(host) ? 'circle-filled' : 'circle-outline';
}

function otherVersion({ isOtherVersion }: HostStatus): readonly string[] {
  return isOtherVersion ? ['otherVersion'] : [];
}

function whereOf({ holder, isOtherVersion }: HostStatus): string {
  if (isOtherVersion) return 'another version';
  switch (holder.kind) {
    case 'here':
      return 'this window';
    case 'elsewhere':
      return 'another window';
    case 'nobody':
      return 'no window';
  }
}

function longWhereOf({ holder, isOtherVersion }: HostStatus): string {
  if (isOtherVersion) return 'Started by another version of ROOTbook: it can be shut down, not attached.';
  switch (holder.kind) {
    case 'here':
      return 'Attached in this window';
    case 'elsewhere':
      return `Attached in ${holder.window}`;
    case 'nobody':
      return 'Not attached: open its notebook to go on with it';
  }
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function ageOf(milliseconds: number): string {
  if (milliseconds < hour) return `${String(Math.max(1, Math.floor(milliseconds / minute)))} min`;
  if (milliseconds < 2 * day) return `${String(Math.floor(milliseconds / hour))} h`;
  return `${String(Math.floor(milliseconds / day))} days`;
}

function sizeOf(bytes: number): string {
  return bytes < 1e9 ? `${String(Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
