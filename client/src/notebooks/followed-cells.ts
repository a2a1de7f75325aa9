import type { Execution, Remark } from '../kernels/execution.ts';

/** A cell of the notebook as it is now. */
export interface PresentCell {
  /** The id that the file gives it since nbformat 4.5. */
  readonly id: string | undefined;
  readonly index: number;
  /** See `sourceHash`. */
  readonly source: string;
}

export interface Followed {
  readonly execution: Execution;
  /** Index of its cell; `undefined` when that is no longer there. */
  readonly index: number | undefined;
  /** Whether the text of the cell is another than the one that ran. */
  readonly changed: boolean;
}

/**
 * Finds the cells of runs of earlier windows: by the id in the file, else by the text, nearest to where it was, else, if
 * the cell at its old place has no id, there. Of several runs of one cell only the last counts.
 */
export function findCells(
  cells: readonly PresentCell[],
  executions: readonly Execution[],
): readonly Followed[] {
  const last = new Map<string, Execution>();
  for (const execution of executions) {
    const { cellId } = execution.place;
    if (execution.state === 'done' && !execution.ran) continue;
    last.delete(cellId);
    last.set(cellId, execution);
  }
  const taken = new Set<number>();
  return [...last.values()].map((execution) => {
    const cell = findCell(
      cells.filter(({ index }) => !taken.has(index)),
      execution,
    );
    if (cell) taken.add(cell.index);
    return {
      execution,
      index: cell?.index,
      changed: cell !== undefined && cell.source !== execution.place.source,
    };
  });
}

/** Finds the cells of remarks, as `findCells` does. @returns remarks by the index of their cell. */
export function findRemarked(
  cells: readonly PresentCell[],
  remarks: readonly Remark[],
): ReadonlyMap<number, Remark> {
  const runs = remarks.map(({ place }, id) => ({ id: String(id), place, state: 'done', ran: true }) as const);
  const found = findCells(cells, runs).map(({ execution, index }) => [index, remarks[Number(execution.id)]]);
  return new Map(
    found.filter((pair): pair is [number, Remark] => pair[0] !== undefined && pair[1] !== undefined),
  );
}

function findCell(cells: readonly PresentCell[], { place }: Execution): PresentCell | undefined {
  const known = cells.find(({ id }) => id === place.cellId);
  if (known) return known;
  const unnamed = cells.filter(({ id }) => id === undefined);
  const [nearest] = unnamed
    .filter(({ source }) => source === place.source)
    .toSorted((a, b) => Math.abs(a.index - place.index) - Math.abs(b.index - place.index));
  return nearest ?? unnamed.find(({ index }) => index === place.index);
}
