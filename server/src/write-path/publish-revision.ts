import type { Bus, RevisionNotice } from '../bus/bus.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { AppendedRevision } from './append-to-log.ts';
import { broadcastMemberships } from './broadcast-memberships.ts';

/** Write path 5/5: publishes the new revision. */

/**
 * An entry with more bytes of changes is left out of the notice. Its receivers read the log instead
 * (rule R3).
 */
const changesBytesMax = 16 * 1024;

interface PublishDeps {
  readonly bus: Bus;
  readonly counters: Counters;
  readonly log: Log;
  readonly failpoints: Failpoints;
}

/**
 * Never throws and is not awaited. The command is committed, and a lost notice costs time, not data
 * (rule W8).
 */
export function publishRevision(
  { bus, counters, log, failpoints }: PublishDeps,
  { entry, chain, epoch, changesBytes }: AppendedRevision,
): void {
  const { orgId, revision, requestId } = entry;
  const notice: RevisionNotice = { orgId, revision, chain, epoch, ...(changesBytes <= changesBytesMax && { entry }) };
  failpoints.reach('before-publish');
  // The wrapper is async, so that an adapter that throws synchronously is treated like one that
  // rejects.
  const publish = async () => {
    await Promise.all([bus.publish(notice), broadcastMemberships(bus, entry)]);
  };
  publish().catch((error: unknown) => {
    counters.increment('publishFailures');
    log.warn(
      { orgId, revision, requestId, error: String(error) },
      'could not publish a committed revision; other instances find it in their next sweep',
    );
  });
}
