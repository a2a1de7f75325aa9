import { describe, expect, it } from 'vitest';
import type { Execution } from '../../../../client/src/kernels/execution.ts';
import { findCells, type PresentCell } from '../../../../client/src/notebooks/followed-cells.ts';

const run = (
  id: string,
  cellId: string,
  index: number,
  source = 's',
  change: Partial<Execution> = {},
): Execution => ({
  id,
  place: { cellId, index, source },
  state: 'done',
  ran: true,
  ...change,
});
const cell = (id: string | undefined, index: number, source = 's'): PresentCell => ({ id, index, source });
const found = (cells: readonly PresentCell[], runs: readonly Execution[]): unknown[] =>
  findCells(cells, runs).map(({ execution, index, changed }) => [execution.id, index, changed]);

describe('cells of earlier runs', () => {
  it.each<readonly [string, readonly PresentCell[], readonly Execution[], unknown[]]>([
    [
      'are found by their id, wherever they moved',
      [cell('b', 0), cell('a', 1)],
      [run('r', 'a', 0)],
      [['r', 1, false]],
    ],
    [
      'are found although they were edited',
      [cell('a', 0, 'new')],
      [run('r', 'a', 0, 'old')],
      [['r', 0, true]],
    ],
    ['are missed when they were deleted', [cell('b', 0)], [run('r', 'a', 0)], [['r', undefined, false]]],
    ['count with their last run', [cell('a', 0)], [run('r1', 'a', 0), run('r2', 'a', 0)], [['r2', 0, false]]],
    [
      'keep their outputs when a later run was taken out of the queue',
      [cell('a', 0)],
      [run('r1', 'a', 0), run('r2', 'a', 0, 's', { ran: false })],
      [['r1', 0, false]],
    ],
    [
      'are followed while they wait',
      [cell('a', 0)],
      [run('r', 'a', 0, 's', { state: 'queued', ran: false })],
      [['r', 0, false]],
    ],
    [
      'without ids are found by their text, the nearest first',
      [cell(undefined, 0, 'x'), cell(undefined, 4, 'x'), cell(undefined, 5, 'y')],
      [run('r', 'window-1', 3, 'x')],
      [['r', 4, false]],
    ],
    [
      'without ids are taken to be at their old place when they were edited',
      [cell(undefined, 0, 'x'), cell(undefined, 1, 'new')],
      [run('r', 'window-1', 1, 'old')],
      [['r', 1, true]],
    ],
    [
      'with the same text are each found once',
      [cell(undefined, 0, 'x'), cell(undefined, 1, 'x')],
      [run('r1', 'w1', 0, 'x'), run('r2', 'w2', 1, 'x')],
      [
        ['r1', 0, false],
        ['r2', 1, false],
      ],
    ],
  ])('%s', (_, cells, runs, expected) => {
    expect(found(cells, runs)).toEqual(expected);
  });
});
