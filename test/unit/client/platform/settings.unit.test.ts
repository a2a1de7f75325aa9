import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSettings, Settings } from '../../../../client/src/platform/settings.ts';

const Manifest = z.object({
  capabilities: z.object({
    untrustedWorkspaces: z.object({ restrictedConfigurations: z.array(z.string()) }),
  }),
  contributes: z.object({
    configuration: z.object({ properties: z.record(z.string(), z.looseObject({ default: z.unknown() })) }),
  }),
});
const manifest = Manifest.parse(JSON.parse(readFileSync('package.json', 'utf8')));
const { properties } = manifest.contributes.configuration;

describe('settings', () => {
  it('are the same in the manifest and in the code, with the same defaults', () => {
    const defaults = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, value.default]),
    );
    expect(defaults).toEqual(Settings.parse({}));
  });

  it('name the unit of every number', () => {
    for (const [key, { type }] of Object.entries(properties)) {
      if (type === 'number') expect(key).toMatch(/(Seconds|Hours|Megabytes)$/);
    }
  });

  it('that decide what is started are not taken from a folder that is not trusted', () => {
    const kernel = Object.keys(properties).filter((key) => key.startsWith('rootbook.kernel.'));
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(kernel);
  });

  it('with an unusable value count as not set', () => {
    const read = (key: string): unknown =>
      key.endsWith('Hours') ? -1 : key.endsWith('Folders') ? ['/r'] : undefined;
    expect(parseSettings(read)).toMatchObject({
      'rootbook.kernel.idleHours': 24,
      'rootbook.kernel.rootFolders': ['/r'],
    });
  });
});
