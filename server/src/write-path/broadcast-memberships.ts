import type { LogEntry } from '@rollcall/protocol';
import { type Bus, membershipsTopic } from '../bus/bus.ts';
import { membershipChangesOf } from '../domain/members/memberships.ts';

/** Some 10 bytes each: a word of the bus holds 16 KiB. */
const userIdsPerWordMax = 500;

/**
 * Has those look at their list of organizations at once whose list a revision changed. A sweep
 * finds what is not heard.
 */
export async function broadcastMemberships(bus: Bus, { changes }: LogEntry): Promise<void> {
  const changed = membershipChangesOf(changes);
  if (!changed) return;
  const { userIds, orgIds } = changed;
  for (let first = 0; first === 0 || first < userIds.length; first += userIdsPerWordMax) {
    const some = userIds.slice(first, first + userIdsPerWordMax);
    await bus.say(membershipsTopic, { type: 'memberships', userIds: some, orgIds: first === 0 ? orgIds : [] });
  }
}
