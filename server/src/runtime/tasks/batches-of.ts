/** Splits a list into lists of at most `max` items. */
export function batchesOf<Item>(items: readonly Item[], max: number): Item[][] {
  const count = Math.ceil(items.length / max);
  return Array.from({ length: count }, (_, index) => items.slice(index * max, (index + 1) * max));
}
