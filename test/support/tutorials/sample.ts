import { randomFrom } from '../random.ts';

/** Some of the items, always the same for a seed. */
export function sample<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  const next = randomFrom(seed);
  return items
    .map((item) => ({ item, at: next() }))
    .sort((left, right) => left.at - right.at)
    .slice(0, count)
    .map(({ item }) => item);
}
