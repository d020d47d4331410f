import type { ExternalTeamRecord, LogChange } from '@rollcall/protocol';
import { managedTeamRefusal } from '../../../domain/teams/team-refusals.ts';

/**
 * The teams to which the changes add members or requests, or from which they remove members. The
 * removal of a member or a team also removes memberships, which is always allowed. A team that the
 * changes create follows no team yet.
 */
export function teamsWithNewMembers(changes: readonly LogChange[]): string[] {
  const removedIds = (of: string) => new Set(changes.flatMap(({ kind, id, after }) => (kind === of && after === null ? [id] : [])));
  const removed = { members: removedIds('member'), teams: removedIds('team') };
  const created = new Set(changes.flatMap(({ kind, id, before }) => (kind === 'team' && before === null ? [id] : [])));
  const teamIds = changes.flatMap(({ kind, before, after }) => {
    const row = after ?? before!;
    if (kind === 'access-request') return before === null ? [String(row.teamId)] : [];
    if (kind !== 'team-member' || (before && after)) return [];
    return removed.members.has(String(row.memberId)) || removed.teams.has(String(row.teamId)) ? [] : [String(row.teamId)];
  });
  return [...new Set(teamIds)].filter((id) => !created.has(id));
}

/**
 * Only a reading of the provider changes the members of a team that takes its members from the
 * provider (REST contract 13.14).
 * @param mappings those of the teams
 * @throws OrgError `forbidden`
 */
export function refuseFollowedTeams(mappings: readonly ExternalTeamRecord[]): void {
  if (mappings.some(({ follows }) => follows === 'members')) throw managedTeamRefusal();
}
