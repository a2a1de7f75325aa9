// @ts-check
// `npm test`: everything, from set-up to the last journey, whatever fails on the way. The last line adds it up.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runMain, setUp } from './setup.mjs';
import { environmentWithRoot, repository, say } from './tools.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {readonly string[]} failures Titles of what failed.
 */

const results = path.join(repository, 'test', 'artifacts', 'results');

await runMain(async () => {
  await setUp(['node_modules', 'python', 'vscode', 'browser']);
  rmSync(path.join(repository, 'test', 'artifacts'), { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  /** @type {Counts[]} */
  const all = [];
  for (const name of ['build', 'types', 'lint', 'imports', 'unused', 'format']) all.push(await check(name));
  all.push(await vitest('unit'));
  all.push(await check('package', `${process.platform}-${process.arch}`));
  all.push(await vitest('integration'));
  all.push(await host());
  all.push(await vitest('e2e'));
  const passed = all.reduce((sum, counts) => sum + counts.passed, 0);
  const failures = all.flatMap((counts) => counts.failures);
  for (const title of failures) say(`FAILED  ${title}`);
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  return failures.length === 0 ? 0 : 1;
});

/**
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number | null>} The exit code.
 */
async function run(title, command, args) {
  say(`\n── ${title}`);
  const start = Date.now();
  const child = spawn(command, args, {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environmentWithRoot(),
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  say(`── ${title}: ${code === 0 ? 'ok' : 'failed'}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return code;
}

/** A script of package.json that is right or wrong as a whole. */
/** @param {string} script @param {string[]} args @returns {Promise<Counts>} */
async function check(script, ...args) {
  const code = await run(script, 'npm', ['run', '--silent', script, '--', ...args]);
  return code === 0 ? { passed: 1, failures: [] } : { passed: 0, failures: [script] };
}

/** @param {'unit' | 'integration' | 'e2e'} suite @returns {Promise<Counts>} */
async function vitest(suite) {
  const file = path.join(results, `${suite}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run(suite, 'npx', [
    ...['vitest', 'run', '--config', `test/${suite}/vitest.config.ts`, '--root', '.'],
    ...reporters,
  ]);
  if (!existsSync(file)) return { passed: 0, failures: [`${suite}: no result (exit code ${code})`] };
  /** @type {{ name: string, status: string, assertionResults: { fullName: string, status: string }[] }[]} */
  const files = JSON.parse(readFileSync(file, 'utf8')).testResults;
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  // A file that cannot even be read has no tests, and an error outside of any test fails the run without failing one.
  const broken = files.filter((one) => one.status === 'failed' && one.assertionResults.every(isPassed));
  const failures = [
    ...tests.filter((test) => !isPassed(test)).map(({ fullName }) => `${suite}: ${fullName}`),
    ...broken.map(({ name }) => `${suite}: ${path.relative(repository, name)}`),
  ];
  if (code !== 0 && failures.length === 0) failures.push(`${suite}: exit code ${code}`);
  return { passed: tests.filter(isPassed).length, failures };
}

/** A test that was skipped has not passed. */
/** @param {{ status: string }} test */
function isPassed({ status }) {
  return status === 'passed';
}

/** @returns {Promise<Counts>} */
async function host() {
  const file = path.join(results, 'host.json');
  const code = await run('extension host', 'npm', ['run', '--silent', 'host']);
  if (!existsSync(file)) return { passed: 0, failures: [`extension host: no result (exit code ${code})`] };
  /** @type {{ passed: string[], failed: { title: string }[] }} */
  const { passed, failed } = JSON.parse(readFileSync(file, 'utf8'));
  const failures = failed.map(({ title }) => `extension host: ${title}`);
  if (code !== 0 && failures.length === 0) failures.push(`extension host: exit code ${code}`);
  return { passed: passed.length, failures };
}
