import type { LogChange, ProjectTeamRecord, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import { type AuditEvent, teamEvent } from '../audit/audit.ts';
import { removed } from '../changes.ts';

/** The removal of a team with its memberships and project links, which are separate records. */
export function removedTeam(
  team: TeamRecord,
  teamMembers: readonly TeamMemberRecord[],
  projectTeams: readonly ProjectTeamRecord[],
): { readonly changes: LogChange[]; readonly audit: AuditEvent[] } {
  const changes = [
    ...teamMembers.map((row) => removed('team-member', row)),
    ...projectTeams.map((row) => removed('project-team', row)),
    removed('team', team),
  ];
  return { changes, audit: [teamEvent('team.remove', team, `removed team ${team.slug}`)] };
}
