/** Changes the count of a key by 1 or -1, and returns it. A key whose count is 0 is absent. */
export function changeCount<Key>(counts: Map<Key, number>, key: Key, change: 1 | -1): number {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
  return count;
}
