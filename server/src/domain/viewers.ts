import type { MemberRecord, OrganizationViewer, OrgState, PresenceFrame } from '@rollcall/protocol';
import { type Audience, projectRecord } from './audience.ts';

/** Somebody who looks at an organization, by what one instance knows. */
export interface Viewing {
  readonly userId: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** Names of some 100 characters with their pages: 25 KB a frame. Nobody reads longer lists of who is there. */
const viewersMax = 100;

/** One for each user: since they first came, on the page that they came to last. In the order in which they came. */
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

/** Who looks at an organization, as an audience may know it: members by the names it sees. Whoever is no member now is not there. */
export function presenceFor(org: string, audience: Audience, state: OrgState, viewings: readonly Viewing[]): PresenceFrame {
  const viewers = viewings.flatMap(({ userId, page, since }): OrganizationViewer[] => {
    const member = state.memberOfUser(userId);
    const seen = member && (projectRecord(audience, 'member', member as never) as unknown as MemberRecord | null);
    return seen ? [{ userId, name: seen.name, page, since }] : [];
  });
  return { org, viewers: viewers.slice(0, viewersMax), count: viewers.length };
}
