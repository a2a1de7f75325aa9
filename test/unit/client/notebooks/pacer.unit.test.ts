import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pacer } from '../../../../client/src/notebooks/pacer.ts';

describe('the pace of changes', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is at once for a few cells', () => {
    const done: number[] = [];
    const pacer = new Pacer(() => false);
    pacer.do(() => done.push(1));
    expect(done).toEqual([1]);
  });

  it('gathers the changes of a crowd, in order, and lets none wait when the crowd is over', () => {
    const done: number[] = [];
    let isCrowded = true;
    const pacer = new Pacer(() => isCrowded);
    for (const each of [1, 2, 3]) pacer.do(() => done.push(each));
    expect(done).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(done).toEqual([1, 2, 3]);
    pacer.do(() => done.push(4));
    isCrowded = false;
    pacer.do(() => done.push(5));
    expect(done).toEqual([1, 2, 3, 4, 5]);
  });
});
