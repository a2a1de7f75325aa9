import { describe, expect, it } from 'vitest';
import { toDeath, toEnding, toStartFailure } from '../../../../../client/src/kernel-host/jupyter/wording.ts';

describe('the likely cause of a failed start', () => {
  it.each([
    ['/usr/bin/python: No module named ipykernel_launcher', /pip install ipykernel"/],
    ["ModuleNotFoundError: No module named 'zmq'", /not complete/],
    ['sh: 1: exec: /nowhere/python: not found', /does not exist any more/],
    ['OSError: [Errno 28] No space left on device', /disk is full/],
    ['zmq.error.ZMQError: Address already in use', /port/],
    ['Fatal Python error: init_import_site: Failed to import the site module', /PYTHONHOME/],
  ])('of %j is named', (stderr, cause) => {
    expect(toStartFailure('it ended with exit code 1', stderr)).toMatch(cause);
  });

  it('is not guessed at, and what the kernel said is shown without the usual chatter', () => {
    expect(
      toStartFailure(
        'it ended',
        '0.00s - Debugging will proceed. Set PYDEVD_DISABLE_FILE_VALIDATION=1\nodd\n',
      ),
    ).toBe('The Python kernel did not start: it ended.\nIt said:\nodd');
  });
});

it.each([
  [{ code: null, signal: 'SIGKILL' }, 'it was ended by SIGKILL'],
  [{ code: 3, signal: null }, 'it ended with exit code 3'],
  [{ code: 132, signal: null }, 'it crashed on an illegal instruction'],
  [{ code: 0, signal: null }, 'it ended by itself'],
  [{ code: null, signal: null }, 'it could not be started'],
])('%j reads as a sentence', (ending, text) => {
  expect(toEnding(ending)).toBe(text);
});

it('of a crash the frames of the user are told, not those of the kernel', () => {
  const stderr = [
    'noise',
    'Fatal Python error: Segmentation fault',
    '',
    'Current thread 0x1 (most recent call first):',
    '  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at',
    '  File "/tmp/ipykernel_1/1.py", line 1 in <module>',
    '  File "/v/site-packages/IPython/core/interactiveshell.py", line 1 in run_code',
    'Extension modules: zmq',
  ].join('\n');
  const death = toDeath({ code: null, signal: 'SIGSEGV' }, stderr);
  expect(death).toContain('string_at');
  expect(death).toContain('/tmp/ipykernel_1/1.py');
  expect(death).not.toMatch(/noise|IPython|Extension/);
});
