import type { EventPage } from '../../read-path/subscriptions/event-reader.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { OpenedReader } from './open-reader.ts';

/** Pages without a visible event that one request reads before it returns the position. */
const emptyPagesMax = 10;

/**
 * The next events. Without any, waits for a change, for the given time at most. If the subscription
 * ends in the meantime, returns the position before it ended. Null if it ended before anything was
 * read.
 */
export async function readPage({ reader, inSlot }: OpenedReader, limit: number, waitMs: number): Promise<EventPage | null> {
  const until = systemClock.now() + waitMs;
  const read = () => reader.read(limit);
  let last: EventPage | null = null;
  let emptyPages = 0;
  let hasWaited = false;
  for (;;) {
    // All readers of a change share a read, so the read after a wait takes no slot.
    const page: EventPage | null = await (hasWaited ? read() : inSlot(read));
    if (!page) return last;
    last = page;
    if (page.events.length > 0) return page;
    if (page.hasMore && ++emptyPages === emptyPagesMax) return page;
    hasWaited = !page.hasMore;
    if (page.hasMore) continue;
    const remainingMs = until - systemClock.now();
    if (remainingMs <= 0) return page;
    await advanceWithin(reader.whenAdvanced(), remainingMs);
  }
}

async function advanceWithin(advanced: Promise<void>, ms: number): Promise<void> {
  let cancel = () => {};
  const inTime = new Promise<void>((resolve) => {
    cancel = systemClock.after(ms, resolve);
  });
  await Promise.race([advanced, inTime]);
  cancel();
}
