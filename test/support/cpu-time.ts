/** Milliseconds of CPU time of this process. */
async function spentBy(work: () => unknown): Promise<number> {
  const from = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}

/**
 * Milliseconds of CPU time, the median of five. Returns the first measure if it is within `enough`,
 * because most work is.
 */
export async function cpuOf(work: () => unknown, enough = 0): Promise<number> {
  const first = await spentBy(work);
  if (first <= enough) return first;
  const spent: number[] = [];
  for (let round = 0; round < 5; round++) spent.push(await spentBy(work));
  return spent.toSorted((a, b) => a - b)[2]!;
}
