import { randomUUID } from 'node:crypto';
import { sourceHash } from '../../client/src/kernels/execution.ts';
import type { CellRequest } from '../../client/src/kernels/session.ts';

let cells = 0;

/** A C++ cell that was never run before, unless the changes say otherwise. */
export function cellRequest(code: string, changes: Partial<CellRequest> = {}): CellRequest {
  const index = ++cells;
  const place = { cellId: `c${String(index)}`, index, source: sourceHash(code) };
  return { id: randomUUID(), code, language: 'cpp', place, mayFail: false, ...changes };
}
