/** One row of a bench's table: ours against a rival, both measured in the same run. */
export interface Figure {
  readonly figure: string;
  readonly ours: number;
  readonly against: number;
  readonly unit: string;
  /** `ours / against`, or `against / ours` where the goal says how many times faster. */
  readonly ratio: number;
  /** In words, `≤ 1.2`. */
  readonly goal: string;
  readonly holds: boolean;
}

export type Goal =
  | { readonly kind: 'atMost'; readonly ratio: number }
  | { readonly kind: 'atLeast'; readonly ratio: number }
  | { readonly kind: 'timesFaster'; readonly ratio: number }
  /** `ours - against` at most so many units. */
  | { readonly kind: 'atMostMore'; readonly amount: number };

export function toFigure(figure: string, ours: number, against: number, unit: string, goal: Goal): Figure {
  const round = (value: number): number => Number(value.toPrecision(4));
  const measured = { figure, ours: round(ours), against: round(against), unit };
  const share = ours / against;
  switch (goal.kind) {
    case 'atMost':
      return {
        ...measured,
        ratio: round(share),
        goal: `≤ ${String(goal.ratio)}`,
        holds: share <= goal.ratio,
      };
    case 'atLeast':
      return {
        ...measured,
        ratio: round(share),
        goal: `≥ ${String(goal.ratio)}`,
        holds: share >= goal.ratio,
      };
    case 'timesFaster': {
      const words = `≥ ${String(goal.ratio)} times faster`;
      return { ...measured, ratio: round(1 / share), goal: words, holds: 1 / share >= goal.ratio };
    }
    case 'atMostMore': {
      const words = `≤ ${String(goal.amount)} ${unit} more`;
      return { ...measured, ratio: round(share), goal: words, holds: ours - against <= goal.amount };
    }
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return sorted.length % 2 === 1 ? middle : (middle + (sorted[sorted.length / 2 - 1] ?? middle)) / 2;
}

/** Milliseconds that a piece of work takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A table for people. */
export function toTable(figures: readonly Figure[]): string {
  const rows = [
    ['figure', 'ours', 'against', 'unit', 'ratio', 'goal', 'holds'],
    ...figures.map(({ figure, ours, against, unit, ratio, goal, holds }) => [
      figure,
      String(ours),
      String(against),
      unit,
      String(ratio),
      goal,
      holds ? 'yes' : 'NO',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const toLine = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = rows;
  return [toLine(head), rule, ...body.map(toLine)].join('\n');
}
