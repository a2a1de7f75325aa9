/** Some of the items, always the same for a seed. */
export function sample<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  let state = seed;
  // Park and Miller's minimal standard generator.
  const next = (): number => (state = (state * 48271) % 2147483647);
  return items
    .map((item) => ({ item, at: next() }))
    .sort((left, right) => left.at - right.at)
    .slice(0, count)
    .map(({ item }) => item);
}
