import { systemClock } from './runtime/clock.ts';
import type { Counters } from './runtime/counters.ts';
import { SharedReads } from './runtime/shared-reads.ts';

/** A client connects once and stays: so many a second are coming back from something, and a busy machine lets no more in. */
const handshakesPerSecondMin = 100;

/** Reads something from the database for all handshakes that come at about the same time. */
export function shareOfHandshakes<Value>(counters: Counters, readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
  const count = (keys: readonly string[]) => {
    counters.increment('credentialReads');
    return readMany(keys);
  };
  return new SharedReads(systemClock, count, { stormPerSecondMin: handshakesPerSecondMin });
}
