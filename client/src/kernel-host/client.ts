import type { Log } from '../base/log.ts';
import type { Session } from '../kernels/session.ts';
import type { LaunchSpec } from './launch-spec.ts';

/** A kernel host that runs on this machine, attached to a window or not. */
export interface HostRecord {
  readonly id: string;
  readonly pid: number;
  readonly notebook: string;
  readonly label: string;
  readonly startedAt: number;
}

/** Starts kernel hosts and finds those that run. Local kernels come from here and nowhere else. */
export interface KernelHosts {
  /**
   * Attaches to the notebook's running host of that installation and flavour, or starts one.
   *
   * @param progress receives short sentences for a progress bar.
   * @throws {UserError} with the kernel's own stderr and the likely cause when it does not start.
   */
  open(spec: LaunchSpec, progress: (text: string) => void, signal: AbortSignal): Promise<Session>;
  list(): Promise<readonly HostRecord[]>;
  /** Ends a host and its kernel, attached or not. */
  shutDown(id: string): Promise<void>;
}

export interface HostFiles {
  /** The bundled host program, `client/dist/kernel-host/main.cjs`. */
  readonly bundleFolder: string;
  /** Owner-only folder of the extension for host copies, records and tokens (the editor's global storage). */
  readonly stateFolder: string;
}

export declare function createKernelHosts(files: HostFiles, log: Log): KernelHosts;
