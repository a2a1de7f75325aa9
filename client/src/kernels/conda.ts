import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const CondaInfo = z.object({ envs: z.array(z.string()) });

/** Milliseconds that conda has to answer. */
const patience = 10_000;

/** Prefixes of all environments that the conda on the PATH knows; none where there is no conda. */
export async function condaEnvironments(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)('conda', ['info', '--json'], {
      env: { ...environment },
      timeout: patience,
      maxBuffer: 10e6,
    });
    return CondaInfo.parse(JSON.parse(stdout)).envs;
  } catch {
    // Not installed, broken or too slow: what files tell must do.
    return [];
  }
}
