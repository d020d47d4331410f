import type { MemberRecord, OrganizationViewer, OrgState, PresenceFrame } from '@rollcall/protocol';
import { type Audience, projectRecord } from './audience.ts';

/** A user who views an organization, as one instance knows it. */
export interface Viewing {
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
 * Merges the viewings of each user: `since` is the earliest time, and `page` is the latest page.
 * The result is in the order of arrival.
 */
export function joinViewings(viewings: Iterable<Viewing>): Viewing[] {
  const byUser = new Map<string, Viewing>();
  for (const viewing of [...viewings].sort(byTime)) {
    byUser.set(viewing.userId, { ...viewing, since: byUser.get(viewing.userId)?.since ?? viewing.since });
  }
  return [...byUser.values()];
}

function byTime(a: Viewing, b: Viewing): number {
  return a.since < b.since ? -1 : a.since > b.since ? 1 : 0;
}

/**
 * The viewers of an organization, as an audience may see them: members, with the names that the
 * audience sees. A user who is not a member now is left out.
 */
export function presenceFor(org: string, audience: Audience, state: OrgState, viewings: readonly Viewing[]): PresenceFrame {
  const viewers = viewings.flatMap(({ userId, page, since }): OrganizationViewer[] => {
    const member = state.memberOfUser(userId);
    const seen = member && (projectRecord(audience, 'member', member as never) as unknown as MemberRecord | null);
    return seen ? [{ userId, name: seen.name, page, since }] : [];
  });
  return { org, viewers: viewers.slice(0, viewersMax), count: viewers.length };
}
