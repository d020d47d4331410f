/**
 * Calls `work` for each item, in order, at most `concurrentMax` at a time. After the abort, it
 * begins no more, and resolves after the work in progress. `work` must not reject.
 */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  { concurrentMax, signal }: { readonly concurrentMax: number; readonly signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const takeTurns = async () => {
    for (const item of left) {
      if (signal?.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: concurrentMax }, takeTurns));
}
