import { describe, expect, it } from 'vitest';
import { CheckpointPolicy } from '../../../../../client/src/kernel-host/runner/checkpoints.ts';

describe('checkpoint policy', () => {
  it('takes one when nothing waits, and none twice for the same state', () => {
    const policy = new CheckpointPolicy();
    expect(policy.next(0, true, 0)).toEqual({ id: 1, cells: 0 });
    expect(policy.next(0, true, 1000)).toBeUndefined();
    expect(policy.next(1, true, 1001)).toEqual({ id: 2, cells: 1 });
  });

  it('takes few while cells follow each other, and fewer when the heap makes them dear', () => {
    const taken = (cost: number): number => {
      const policy = new CheckpointPolicy();
      policy.next(0, true, 0);
      policy.measured(cost);
      let count = 0;
      for (let cell = 1; cell <= 1000; cell += 1) if (policy.next(cell, false, cell * 10)) count += 1;
      return count;
    };
    expect(taken(2)).toBe(100);
    expect(taken(50)).toBe(6);
  });

  it('takes one at once after a restore', () => {
    const policy = new CheckpointPolicy();
    policy.next(3, true, 0);
    policy.consumed();
    expect(policy.next(3, false, 1)).toEqual({ id: 2, cells: 3 });
  });
});
