import { type MemberRecord, type OrgState, orgRoles, type TeamRecord } from '@rollcall/protocol';
import { type Actor, isSelf, memberOfActor } from '../../../domain/actor.ts';
import { teamLeft } from '../../../domain/audit/audit.ts';
import { authorize, isAuthorized, mayAdminTeam } from '../../../domain/authorize.ts';
import { removed, stateAfter } from '../../../domain/changes.ts';
import { membershipRefusal, refuseProvisionedTeam } from '../../../domain/teams/team-refusals.ts';
import type { Command } from '../../command.ts';
import { loadStateWithMemberAndTeam } from '../load-by-path.ts';

export interface LeaveTeam {
  /** A member id, or `me`. */
  readonly member: string;
  /** Id or slug. */
  readonly team: string;
}

interface Facts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  readonly team: TeamRecord;
}

export interface LeftTeam {
  readonly team: TeamRecord;
  /** The state against which the actor was authorized, with the changes of the command. */
  readonly state: OrgState;
}

/**
 * Removes a member from a team. For a member who is not on the team it has no effect (REST contract
 * 8.4).
 */
export const leaveTeam: Command<LeaveTeam, Facts, LeftTeam> = {
  name: 'leave-team',
  endsAccess: () => true,

  load: (tx, input, context) => loadStateWithMemberAndTeam(tx, context, input),

  decide(_input, { state, target, team }, { actor }) {
    authorize(state, actor, ['org:read', 'org:write', 'org:admin', 'team:admin']);
    if (!isSelf(actor, target) && !mayRemoveFromAll(state, actor) && !mayAdminTeam(state, actor, team.id)) throw membershipRefusal();
    refuseProvisionedTeam(team);
    const row = state.teamMember(team.id, target.id);
    if (!row) return { changes: [], result: { team, state } };
    const changes = [removed('team-member', row)];
    return { changes, audit: [teamLeft(actor, target, team)], result: { team, state: stateAfter(state, changes) } };
  },
};

/**
 * Members whose role manages the organization can remove any member from any team, whether or not
 * they are on it (REST contract 8.4). The role decides, so the token does not need `org:write`. A
 * token that can only read removes no member.
 */
function mayRemoveFromAll(state: OrgState, actor: Actor): boolean {
  const member = memberOfActor(state, actor);
  if (member && !orgRoles[member.orgRole].scopes.includes('org:write')) return false;
  return isAuthorized(state, actor, ['org:write', 'team:admin']);
}
