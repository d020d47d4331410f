import type { AccessRequestRecord, LogChange, OrgRecord } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { readAccessRequestsAbout } from '../database/teams/access-requests.ts';
import { removed } from '../domain/changes.ts';

/**
 * Write path 3/5, first half: takes out the requests for places on teams that a command's changes leave without a purpose.
 * The team or the member is gone, or the member is on the team, by whichever of the many ways onto and off teams.
 */
export async function settleAccessRequests(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<LogChange[]> {
  const gone = (kind: string) => changes.flatMap((change) => (change.kind === kind && change.after === null ? [change.id] : []));
  // Nobody can have asked for a place on a team that begins with these changes.
  const newTeamIds = new Set(changes.flatMap(({ kind, id, before }) => (kind === 'team' && !before ? [id] : [])));
  const subjects = {
    teamIds: gone('team'),
    memberIds: gone('member'),
    places: changes
      .flatMap(({ kind, before, after }) => (kind === 'team-member' && !before && after ? [placeOf(after)] : []))
      .filter(({ teamId }) => !newTeamIds.has(teamId)),
  };
  if (Object.values(subjects).every((some) => some.length === 0)) return [];
  const settled = await readAccessRequestsAbout(tx, orgId, subjects);
  const isDone = ({ id }: AccessRequestRecord) => changes.some((change) => change.kind === 'access-request' && change.id === id);
  return settled.filter((request) => !isDone(request)).map((request) => removed('access-request', request));
}

function placeOf(record: OrgRecord): { teamId: string; memberId: string } {
  return { teamId: String(record.teamId), memberId: String(record.memberId) };
}
