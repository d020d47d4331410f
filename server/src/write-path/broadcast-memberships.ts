import type { LogEntry } from '@rollcall/protocol';
import { type Bus, membershipsTopic } from '../bus/bus.ts';
import { membershipChangesOf } from '../domain/members/memberships.ts';

/** An id has some 10 bytes, and an ephemeral message holds 16 KiB. */
const userIdsPerMessageMax = 500;

/**
 * Names the users and organizations whose membership lists a revision changed, so that all
 * instances read those lists again. A sweep finds the changes whose messages were lost.
 */
export async function broadcastMemberships(bus: Bus, entry: LogEntry): Promise<void> {
  const changed = membershipChangesOf(entry);
  if (!changed) return;
  const { userIds, orgIds } = changed;
  for (let first = 0; first === 0 || first < userIds.length; first += userIdsPerMessageMax) {
    const some = userIds.slice(first, first + userIdsPerMessageMax);
    await bus.broadcast(membershipsTopic, { type: 'memberships', userIds: some, orgIds: first === 0 ? orgIds : [] });
  }
}
