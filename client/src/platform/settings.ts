import { z } from 'zod';

/** Every setting under `rootbook.`, its type and its default. A test compares this with package.json. */
export const Settings = z.object({
  'rootbook.kernel.rootFolders': z.array(z.string()).default([]),
  'rootbook.kernel.pythonEnvironments': z.array(z.string()).default([]),
  'rootbook.kernel.cvmfsFolder': z.string().default('/cvmfs'),
  'rootbook.kernel.checkpoints': z.number().int().nonnegative().max(20).default(3),
  'rootbook.kernel.idleHours': z.number().positive().default(24),
  'rootbook.kernel.environment': z.record(z.string(), z.string()).default({}),
  'rootbook.language.enabled': z.boolean().default(false),
  'rootbook.language.macros': z.enum(['auto', 'always', 'never']).default('auto'),
  'rootbook.output.maxMegabytes': z.number().positive().default(0.5),
});
export type Settings = z.infer<typeof Settings>;

/** Reads all settings; one with an unusable value counts as not set. */
export function parseSettings(read: (key: string) => unknown): Settings {
  const values: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(Settings.shape)) {
    const parsed = schema.safeParse(read(key));
    if (parsed.success) values[key] = parsed.data;
  }
  return Settings.parse(values);
}
