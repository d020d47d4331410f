import {
  type Audience,
  type MemberRecord,
  type OrganizationViewer,
  type OrgState,
  type PresenceFrame,
  projectRecord,
} from '@rollcall/protocol';

/** A user who views an organization, as one instance knows it. */
export interface PresenceEntry {
  readonly userId: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * 100 names of some 100 characters, with their pages, are 25 KB per frame. A longer list of viewers
 * is not useful to a reader.
 */
const viewersMax = 100;

/**
 * Merges the entries of each user: `since` is the earliest time, and `page` is the latest page.
 * The result is in the order of arrival.
 */
export function mergePresence(entries: Iterable<PresenceEntry>): PresenceEntry[] {
  const byUser = new Map<string, PresenceEntry>();
  for (const entry of [...entries].sort(byTime)) {
    byUser.set(entry.userId, { ...entry, since: byUser.get(entry.userId)?.since ?? entry.since });
  }
  return [...byUser.values()];
}

function byTime(a: PresenceEntry, b: PresenceEntry): number {
  return a.since < b.since ? -1 : a.since > b.since ? 1 : 0;
}

/**
 * The viewers of an organization, as an audience may see them: members, with the names that the
 * audience sees. A user who is not a member now is left out.
 */
export function presenceFor(org: string, audience: Audience, state: OrgState, entries: readonly PresenceEntry[]): PresenceFrame {
  const viewers = entries.flatMap(({ userId, page, since }): OrganizationViewer[] => {
    const member = state.memberOfUser(userId);
    const seen = member && (projectRecord(audience, 'member', member as never) as unknown as MemberRecord | null);
    return seen ? [{ userId, name: seen.name, page, since }] : [];
  });
  return { org, viewers: viewers.slice(0, viewersMax), count: viewers.length };
}
