import { hasGlobalAccess, type MemberRecord, type OrgState, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { type Actor, isSelf, memberOfActor } from '../../domain/actor.ts';
import { teamJoined } from '../../domain/audit.ts';
import { authorize, mayAdminTeam } from '../../domain/authorize.ts';
import { created } from '../../domain/changes.ts';
import { refuseProvisionedTeam } from '../../domain/team-refusals.ts';
import { enqueueMail } from '../../mail/enqueue-mail.ts';
import type { Command } from '../command.ts';
import { loadEnteredState, loadTargetMember, loadTeam } from '../load-named.ts';
import { loadTeamApproverAddresses, nameMember } from '../mails.ts';

export interface JoinTeam {
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

export interface JoinedTeam {
  readonly outcome: 'joined' | 'already-on-team' | 'requested';
  readonly team: TeamRecord;
  readonly target: MemberRecord;
}

/** Puts a member on a team, or asks those who may to do so (spec: 8.4). */
export const joinTeam: Command<JoinTeam, Facts, JoinedTeam> = {
  name: 'join-team',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    const target = await loadTargetMember(tx, state, input.member, context);
    return { state, target, team: await loadTeam(tx, state, input.team) };
  },

  decide(_input, { state, target, team }, { actor }) {
    authorize(state, actor, ['org:read', 'org:write', 'team:write']);
    if (state.teamMember(team.id, target.id)) return { changes: [], result: { outcome: 'already-on-team', team, target } };
    refuseProvisionedTeam(team);
    if (!mayAddToTeam(state, actor, team)) return { changes: [], result: { outcome: 'requested', team, target } };
    const row = { id: teamMemberId(team.id, target.id), teamId: team.id, memberId: target.id, teamRole: null };
    return {
      changes: [created('team-member', row)],
      audit: [teamJoined(actor, target, team)],
      result: { outcome: 'joined', team, target },
    };
  },

  async saveRest(tx, { result: { outcome, team, target } }, { orgId, actor }, { state }) {
    if (outcome === 'joined') {
      await tx.deleteFrom('access_requests').where('team_id', '=', team.id).where('member_id', '=', target.id).execute();
    }
    if (outcome !== 'requested') return;
    const requesterId = actor.kind === 'user' && !isSelf(actor, target) ? actor.userId : null;
    const asked = await tx
      .insertInto('access_requests')
      .values({ organization_id: orgId, team_id: team.id, member_id: target.id, requester_id: requesterId })
      // Whoever asked first stays the requester, and nobody is written to again.
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!asked) return;
    const organization = state.organization!;
    const params = { orgName: organization.name, teamSlug: team.slug, memberName: nameMember(organization, target) };
    const approvers = await loadTeamApproverAddresses(tx, orgId, team.id);
    await enqueueMail(tx, ...approvers.map((to) => ({ template: 'team-access-request' as const, params, to })));
  },
};

/** With open membership any member may add anybody (spec: 8.4). */
function mayAddToTeam(state: OrgState, actor: Actor, team: TeamRecord): boolean {
  const member = memberOfActor(state, actor);
  return (member !== null && hasGlobalAccess(state.organization!, member)) || mayAdminTeam(state, actor, team.id);
}
