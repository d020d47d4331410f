import { setImmediate } from 'node:timers/promises';

/** The longest time in milliseconds for which other work waits, if a single item takes less. */
const turnMsMax = 5;

/** Maps items one by one. Whenever this takes long, other work of the process is done first. */
export async function mapYielding<Item, Result>(items: Iterable<Item>, map: (item: Item) => Result): Promise<Result[]> {
  const results: Result[] = [];
  let turnStartedAt = performance.now();
  for (const item of items) {
    if (performance.now() - turnStartedAt > turnMsMax) {
      await setImmediate();
      turnStartedAt = performance.now();
    }
    results.push(map(item));
  }
  return results;
}

/** The same for a function that gives any number of results. */
export async function flatMapYielding<Item, Result>(items: Iterable<Item>, map: (item: Item) => readonly Result[]): Promise<Result[]> {
  return (await mapYielding(items, map)).flat();
}

/** The list as JSON.stringify gives it. */
export async function jsonYielding(items: readonly unknown[]): Promise<string> {
  return `[${(await mapYielding(items, (item) => JSON.stringify(item))).join()}]`;
}
