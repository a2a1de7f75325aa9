import os from 'node:os';
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Log } from '../base/log.ts';
import { findInstallations } from './discovery.ts';
import { Installation } from './installation.ts';

/** The part of the Python extension's API that discovery reads. Source: https://github.com/microsoft/vscode-python-extension-api */
const PythonApi = z.object({
  environments: z.object({
    getActiveEnvironmentPath: z.custom<() => unknown>((value) => typeof value === 'function'),
    known: z.array(z.unknown()),
  }),
});
const ActivePath = z.object({ path: z.string() });
const KnownEnvironment = z.object({ path: z.string() });

const cacheKey = 'rootbook.installations';

/** What was found last time, so that controllers exist before discovery ends. */
export function rememberedInstallations(memory: vscode.Memento): readonly Installation[] {
  return z.array(Installation).safeParse(memory.get<unknown>(cacheKey)).data ?? [];
}

/** Looks for ROOT again and remembers what it finds. */
export async function findAndRemember(
  memory: vscode.Memento,
  settings: { readonly rootFolders: readonly string[]; readonly pythonEnvironments: readonly string[] },
  log: Log,
): Promise<readonly Installation[]> {
  const started = performance.now();
  const found = await findInstallations({
    home: os.homedir(),
    environment: process.env,
    folders: (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath),
    knownPythons: knownPythons(log),
    ...settings,
  });
  const milliseconds = String(Math.round(performance.now() - started));
  log.info(
    `found ${String(found.length)} ROOT in ${milliseconds} ms`,
    found.map(({ root }) => root).join(', '),
  );
  await memory.update(cacheKey, found);
  return found;
}

/** Interpreters of the Python extension, if it runs; it is not started for this. */
function knownPythons(log: Log): readonly string[] {
  const extension = vscode.extensions.getExtension<unknown>('ms-python.python');
  if (!extension?.isActive) return [];
  const api = PythonApi.safeParse(extension.exports).data;
  if (!api) return [];
  try {
    const { environments } = api;
    const active = ActivePath.safeParse(environments.getActiveEnvironmentPath()).data;
    const known = environments.known.map((each) => KnownEnvironment.safeParse(each).data);
    return [active, ...known].flatMap((each) => (each ? [each.path] : []));
  } catch (caught) {
    log.warn('the Python extension did not tell its interpreters', caught);
    return [];
  }
}
