import { rm } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../../kernels/environments.ts';
import { findInstallations } from '../../kernels/discovery.ts';
import { compileRunner, libraryName } from './commands.ts';

/** Compiles the runner for the ROOT of a Python environment, to be shipped with the extension. A build step. */
async function main(environment: string, agentFolder: string, bundled: string): Promise<void> {
  const [installation] = await findInstallations({
    home: '/nonexistent',
    environment: {},
    folders: [],
    rootFolders: [],
    pythonEnvironments: [environment],
    knownPythons: [],
    condaEnvironments: [],
    views: [],
  });
  if (!installation) throw new Error(`no ROOT in ${environment}`);
  const library = path.join(bundled, await libraryName(installation, agentFolder));
  if (await exists(library)) return;
  // Of older sources.
  await rm(bundled, { recursive: true, force: true });
  await compileRunner(installation, agentFolder, library, process.env);
  if (!(await exists(library))) throw new Error('the runner does not compile');
}

const [environment = '', agentFolder = '', bundled = ''] = process.argv.slice(2);
void main(environment, agentFolder, bundled);
