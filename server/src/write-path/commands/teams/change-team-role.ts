import {
  effectiveTeamRole,
  type MemberRecord,
  type OrgState,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  toStoredTeamRole,
} from '@rollcall/protocol';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { authorize, maySetTeamRole, notFound } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { membershipRefusal } from '../../../domain/teams/team-refusals.ts';
import type { Command } from '../../command.ts';
import { loadStateWithMemberAndTeam } from '../load-by-path.ts';

export interface ChangeTeamRole {
  /** A member id, or `me`. */
  readonly member: string;
  /** Id or slug. */
  readonly team: string;
  /** If absent, nothing changes. */
  readonly teamRole?: TeamRoleId | undefined;
}

interface Facts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  readonly team: TeamRecord;
}

/**
 * Sets a member's role on a team. A role that their org role already gives is stored as null (REST
 * contract 8.4).
 */
export const changeTeamRole: Command<ChangeTeamRole, Facts, TeamMemberRecord> = {
  name: 'change-team-role',

  load: (tx, input, context) => loadStateWithMemberAndTeam(tx, context, input),

  decide({ teamRole }, { state, target, team }, { actor, refuseInvalid }) {
    authorize(state, actor, [
      'org:read',
      'org:write',
      'org:admin',
      'member:read',
      'member:write',
      'member:admin',
      'team:write',
      'team:admin',
    ]);
    const row = state.teamMember(team.id, target.id);
    if (!row) throw notFound();
    refuseInvalid();
    if (teamRole === undefined) return { changes: [], result: row };
    const held = effectiveTeamRole(row.teamRole, target.orgRole);
    const maySet = [held, teamRole].every((role) => maySetTeamRole(state, actor, role, team.id));
    if (!maySet) throw membershipRefusal();
    const after: TeamMemberRecord = { ...row, teamRole: toStoredTeamRole(teamRole, target.orgRole) };
    const changes = updated('team-member', row, after);
    const note = `made ${target.email} ${teamRole} of team ${team.slug}`;
    return { changes, audit: changes.map(() => memberEvent('member.edit', target, note)), result: after };
  },
};
