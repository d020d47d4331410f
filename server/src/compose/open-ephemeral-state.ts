import type { Channels } from '../read-path/channels.ts';
import { Memberships } from '../read-path/memberships.ts';
import { Presence } from '../read-path/presence.ts';
import { listOrganizationsOfUsers, readMembershipStamps } from '../read-path/queries/members/memberships.ts';
import { systemClock } from '../runtime/clock.ts';
import { randomHex } from '../runtime/random.ts';
import type { WritePath } from '../write-path/run-command.ts';

/**
 * Opens the parts that publish ephemeral state, which is in no organization's log: the
 * organizations of each user, and the viewers of each organization.
 */
export async function openEphemeralState({ database, bus, log }: WritePath, channels: Channels) {
  const reader = {
    readLists: (userIds: readonly string[]) => listOrganizationsOfUsers(database.reads, userIds),
    readStamps: (userIds: readonly string[]) => readMembershipStamps(database.reads, userIds),
  };
  const memberships = await Memberships.open({ reader, clock: systemClock, log }, bus);
  const presence = new Presence({
    bus,
    clock: systemClock,
    log,
    instance: randomHex(8),
    now: () => new Date().toISOString(),
    stateOf: (orgId) => channels.stateOf(orgId),
  });
  return { memberships, presence };
}
