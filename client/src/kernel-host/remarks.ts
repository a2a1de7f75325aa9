import type { CellPlace, Remark } from '../kernels/execution.ts';
import type { Emission } from './backend.ts';

/** What is to be said beside the cells that ran, saved or not; nothing of it is in the notebook. */
export class Remarks {
  readonly #ran = new Map<string, CellPlace>();
  readonly #remarks = new Map<string, Remark>();

  get all(): readonly Remark[] {
    return [...this.#remarks.values()];
  }

  /** Takes in what an execution of a cell says. */
  note(place: CellPlace, { type, content }: Emission): void {
    if (type === 'execute_input') {
      this.#ran.set(place.cellId, place);
      this.#remarks.delete(place.cellId);
    } else if (type === 'rootbook_output_file' && typeof content['file'] === 'string')
      this.#set(place, { outputFile: content['file'] });
  }

  /** The session went back to before these cells. */
  undone(cellIds: readonly string[]): void {
    for (const cellId of cellIds) {
      const place = this.#ran.get(cellId);
      if (place) this.#set(place, { undone: true });
    }
  }

  /** A session that is gone has nothing that could be undone. */
  restarted(): void {
    for (const [cellId, { place, outputFile }] of [...this.#remarks]) {
      this.#remarks.delete(cellId);
      if (outputFile !== undefined) this.#set(place, { outputFile });
    }
  }

  #set(place: CellPlace, change: Partial<Remark>): void {
    const before = this.#remarks.get(place.cellId) ?? { place, undone: false };
    this.#remarks.set(place.cellId, { ...before, ...change });
  }
}
