import { UserError } from '../base/errors.ts';
import type { CellEvent } from '../kernels/cell-events.ts';
import { TakenOver } from '../kernels/session.ts';

/** The events of an execution from what a kernel left behind; `undefined` when it left none of it. */
export type FindRemains = (execution: string) => Promise<AsyncIterable<CellEvent> | undefined>;

/**
 * The events of an execution; when its kernel is lost, all of it anew from what that left behind, which may be more than had
 * come by then.
 */
export async function* survivingEvents(
  execution: string,
  events: AsyncIterable<CellEvent>,
  findRemains: FindRemains,
): AsyncGenerator<CellEvent, void, undefined> {
  try {
    yield* events;
  } catch (caught) {
    if (!(caught instanceof UserError) || caught instanceof TakenOver) throw caught;
    const remains = await findRemains(execution).catch(() => undefined);
    if (!remains) throw caught;
    yield { kind: 'clear', wait: false };
    yield* remains;
  }
}
