import type { Bus } from '../bus/bus.ts';
import type { Database } from '../database/database.ts';
import { LiveViewers, type LiveViewersDeps } from '../read-path/people/live-viewers.ts';
import { everyOrganization, Memberships } from '../read-path/people/memberships.ts';
import { Presence } from '../read-path/people/presence.ts';
import {
  listAllOrganizations,
  listOrganizationsOfUsers,
  readMembershipStamps,
  readOrganizationsStamp,
} from '../read-path/queries/members/memberships.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** Ephemeral state belongs to no organization's log. The instances exchange it over the bus. */

/** Opens the lists of the organizations of each user, and the list of all organizations. */
export function openMemberships({ reads, trust }: Pick<Database, 'reads' | 'trust'>, bus: Bus, log: Log): Promise<Memberships> {
  const reader = {
    readLists: (keys: readonly string[]) =>
      trust.read(reads, (tx) =>
        readWithAll(
          keys,
          (userIds) => listOrganizationsOfUsers(tx, userIds),
          () => listAllOrganizations(tx),
        ),
      ),
    readStamps: (keys: readonly string[]) =>
      trust.read(reads, (tx) =>
        readWithAll(
          keys,
          (userIds) => readMembershipStamps(tx, userIds),
          () => readOrganizationsStamp(tx),
        ),
      ),
  };
  return Memberships.open({ reader, clock: systemClock, log }, bus);
}

/**
 * Reads one value per user in `keys`. Also reads the value of all organizations if `keys` contains
 * the key that stands for them.
 */
async function readWithAll<Value>(
  keys: readonly string[],
  readOfUsers: (userIds: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  readAll: () => Promise<Value>,
): Promise<ReadonlyMap<string, Value>> {
  const userIds = keys.filter((key) => key !== everyOrganization);
  const ofUsers = userIds.length > 0 ? await readOfUsers(userIds) : [];
  return new Map([...ofUsers, ...(userIds.length < keys.length ? [[everyOrganization, await readAll()] as const] : [])]);
}

export type LiveViewersParts = Pick<LiveViewersDeps, 'bus' | 'log' | 'self' | 'listInstances'> & { readonly readPath: ReadPath };

/** Opens the survey of the users who are subscribed to an organization, and of their addresses. */
export function openLiveViewers({ readPath, ...parts }: LiveViewersParts): Promise<LiveViewers> {
  return LiveViewers.open({ ...parts, clock: systemClock, viewersOf: (orgId) => readPath.viewersOf(orgId) });
}

/**
 * Opens the lists of the users who are viewing each organization.
 * @param instance the id of this instance
 */
export function openPresence(readPath: ReadPath, bus: Bus, log: Log, instance: string): Presence {
  return new Presence({
    bus,
    clock: systemClock,
    log,
    instance,
    now: () => new Date().toISOString(),
    stateOf: (orgId) => readPath.stateOf(orgId),
  });
}
