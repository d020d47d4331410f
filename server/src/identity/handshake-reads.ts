import { systemClock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { SharedReads } from '../runtime/tasks/shared-reads.ts';

/**
 * A client connects once and stays connected. At this rate, clients are reconnecting after a
 * failure. A busy machine cannot handle more.
 */
const handshakesPerSecondMin = 100;

/** Batches the database reads of handshakes that arrive at about the same time. */
export function batchHandshakeReads<Value>(counters: Counters, readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
  const count = (keys: readonly string[]) => {
    counters.increment('credentialReads');
    return readMany(keys);
  };
  return new SharedReads(systemClock, count, { burstPerSecondMin: handshakesPerSecondMin });
}
