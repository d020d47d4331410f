import type { AccessRequestRecord, LogChange, OrgRecord } from '@rollcall/protocol';
import { removed } from '../changes.ts';

/**
 * Any command may close access requests as a side effect: it removes the team or the member, or it
 * adds the member to the team. These two functions derive that from the command's changes.
 */

interface TeamMemberPair {
  readonly teamId: string;
  readonly memberId: string;
}

/**
 * The teams, the members and the pairs of both whose requests are closed. Null if there can be
 * none.
 */
export function subjectsOfAccessRequests(changes: readonly LogChange[]) {
  const removedIds = (kind: string) => changes.flatMap((change) => (change.kind === kind && change.after === null ? [change.id] : []));
  // A team that these changes create can't have requests yet.
  const newTeamIds = new Set(changes.flatMap(({ kind, id, before }) => (kind === 'team' && !before ? [id] : [])));
  const subjects = {
    teamIds: removedIds('team'),
    memberIds: removedIds('member'),
    pairs: changes
      .flatMap(({ kind, before, after }) => (kind === 'team-member' && !before && after ? [pairOf(after)] : []))
      .filter(({ teamId }) => !newTeamIds.has(teamId)),
  };
  return Object.values(subjects).every((some) => some.length === 0) ? null : subjects;
}

/** The removals of these requests, except those that the changes already contain. */
export function closedAccessRequests(changes: readonly LogChange[], requests: readonly AccessRequestRecord[]): LogChange[] {
  const handled = new Set(changes.flatMap(({ kind, id }) => (kind === 'access-request' ? [id] : [])));
  return requests.filter(({ id }) => !handled.has(id)).map((request) => removed('access-request', request));
}

function pairOf(record: OrgRecord): TeamMemberPair {
  return { teamId: String(record.teamId), memberId: String(record.memberId) };
}
