import type { Bus } from '../bus/bus.ts';
import type { Db } from '../database/database.ts';
import type { Channels } from '../read-path/channels.ts';
import { LiveViewers, type LiveViewersDeps } from '../read-path/live-viewers.ts';
import { Memberships } from '../read-path/memberships.ts';
import { Presence } from '../read-path/presence.ts';
import { listOrganizationsOfUsers, readMembershipStamps } from '../read-path/queries/members/memberships.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** Ephemeral state belongs to no organization's log. The instances exchange it over the bus. */

/** Opens the lists of the organizations of each user. */
export function openMemberships(reads: Db, bus: Bus, log: Log): Promise<Memberships> {
  const reader = {
    readLists: (userIds: readonly string[]) => listOrganizationsOfUsers(reads, userIds),
    readStamps: (userIds: readonly string[]) => readMembershipStamps(reads, userIds),
  };
  return Memberships.open({ reader, clock: systemClock, log }, bus);
}

export type LiveViewersParts = Pick<LiveViewersDeps, 'bus' | 'log' | 'self' | 'listInstances'> & { readonly channels: Channels };

/** Opens the survey of the users who are subscribed to an organization, and of their addresses. */
export function openLiveViewers({ channels, ...parts }: LiveViewersParts): Promise<LiveViewers> {
  return LiveViewers.open({ ...parts, clock: systemClock, viewersOf: (orgId) => channels.viewersOf(orgId) });
}

/**
 * Opens the lists of the users who are viewing each organization.
 * @param instance the id of this instance
 */
export function openPresence(channels: Channels, bus: Bus, log: Log, instance: string): Presence {
  return new Presence({
    bus,
    clock: systemClock,
    log,
    instance,
    now: () => new Date().toISOString(),
    stateOf: (orgId) => channels.stateOf(orgId),
  });
}
