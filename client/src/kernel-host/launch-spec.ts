import { z } from 'zod';
import { Flavour, Installation } from '../kernels/installation.ts';

/** What a kernel host is told once, in an owner-only file. */
export const LaunchSpec = z.object({
  installation: Installation,
  flavour: Flavour,
  /** Working directory of the kernel. */
  folder: z.string(),
  /** URI of the notebook, so that a window finds the kernel of a notebook again. */
  notebook: z.string(),
  /** Folder with `runner.C`, `rootbook_agent.py`. */
  agentFolder: z.string(),
  /** Where compiled runners are kept, per ROOT version. */
  cacheFolder: z.string(),
  /** Changes to the environment of the editor. */
  environment: z.record(z.string(), z.string()),
  /** How many to keep; 0: none are taken. */
  checkpoints: z.number().int().nonnegative(),
  /** Whether kernel and host go on when the client goes; a headless run has nobody who would come back. */
  outlivesClient: z.boolean(),
  idleHours: z.number().positive(),
  /** Megabytes of a cell's text beyond which it gets a file of its own. */
  maxOutputMegabytes: z.number().positive(),
});
export type LaunchSpec = z.infer<typeof LaunchSpec>;
