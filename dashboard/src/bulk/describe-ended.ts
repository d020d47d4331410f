import type { Applied } from '@rollcall/client';
import { count } from '../kit/count.ts';

/** A receipt usually takes milliseconds. Without one of the servers, the user waits this long. */
export const receiptMsMax = 2_000;

/** Where access has ended after a removal. Empty if that is unknown. */
export function describeEnded(applied: Applied | null): string {
  // A server with too many waiting requests confirms nothing.
  if (!applied || applied.instances === 0) return '';
  const { complete, instances, missing, ended } = applied;
  const closed = ended === 0 ? '' : `, ${count(ended, 'connection')} closed`;
  if (complete) return `. Access ended everywhere${closed}`;
  const others = missing === 1 ? 'the other follows' : 'the others follow';
  return `. Access ended on ${instances} of ${instances + missing} servers${closed}; ${others} within seconds`;
}

/** The receipts of several requests as one, which is complete if all of them are. */
export function joinReceipts(one: Applied | null, other: Applied | null): Applied | null {
  if (!one || !other) return one ?? other;
  return {
    complete: one.complete && other.complete,
    instances: Math.min(one.instances, other.instances),
    missing: Math.max(one.missing, other.missing),
    ended: one.ended + other.ended,
    ms: one.ms + other.ms,
  };
}
