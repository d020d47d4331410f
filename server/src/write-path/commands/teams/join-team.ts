import { type MemberRecord, type OrgState, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { countAccessRequestsOf, readAccessRequestsAbout } from '../../../database/teams/access-requests.ts';
import { isSelf, userIdOf } from '../../../domain/actor.ts';
import { teamJoined } from '../../../domain/audit/audit.ts';
import { authorize, mayAddToTeam } from '../../../domain/authorize.ts';
import { created, stateAfter } from '../../../domain/changes.ts';
import { refuseProvisionedTeam } from '../../../domain/teams/team-refusals.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { loadStateWithMemberAndTeam } from '../load-by-path.ts';
import { nameMember } from '../mail-names.ts';
import { loadTeamApproverAddresses } from '../mail-recipients.ts';
import { assertAtMost, countNotice } from '../notice-limits.ts';

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
  /** The request that may be created. Null if one exists, or none is needed. */
  readonly request: NewRequest | null;
}

interface NewRequest {
  readonly id: string;
  readonly approverAddresses: readonly string[];
}

export interface JoinedTeam {
  readonly outcome: 'joined' | 'already-on-team' | 'requested';
  readonly isNewRequest: boolean;
  readonly team: TeamRecord;
  readonly target: MemberRecord;
  /** The state against which the actor was authorized, with the changes of the command. */
  readonly state: OrgState;
}

/**
 * Adds a member to a team. If the caller may not do that, creates a request to join (REST contract
 * 8.4).
 */
export const joinTeam: Command<JoinTeam, Facts, JoinedTeam> = {
  name: 'join-team',

  async load(tx, input, context) {
    const { state, target, team } = await loadStateWithMemberAndTeam(tx, context, input);
    if (mayAddToTeam(state, context.actor, team)) return { state, target, team, request: null };
    const pair = { teamId: team.id, memberId: target.id };
    const pending = await readAccessRequestsAbout(tx, context.orgId, { teamIds: [], memberIds: [], pairs: [pair] });
    if (pending.length > 0) return { state, target, team, request: null };
    const approverAddresses = await loadTeamApproverAddresses(tx, context.orgId, team.id);
    return { state, target, team, request: { id: await allocateId(tx), approverAddresses } };
  },

  decide(_input, { state, target, team, request }, { orgId, actor }) {
    authorize(state, actor, ['org:read', 'org:write', 'team:write']);
    const result = { isNewRequest: request !== null, team, target, state };
    if (state.teamMember(team.id, target.id)) return { changes: [], result: { ...result, outcome: 'already-on-team' } };
    refuseProvisionedTeam(team);
    if (!mayAddToTeam(state, actor, team)) {
      // The requester of an existing request stays the same.
      if (request === null) return { changes: [], result: { ...result, outcome: 'requested' } };
      const requesterId = actor.kind === 'user' && !isSelf(actor, target) ? actor.userId : null;
      const record = { id: request.id, teamId: team.id, memberId: target.id, requesterId };
      const organization = state.organization!;
      const params = {
        orgName: organization.name,
        teamSlug: team.slug,
        memberName: nameMember(organization, target),
        namedUserId: target.user?.id ?? null,
      };
      const mails = request.approverAddresses.map((to): NoticeToSend => ({ template: 'team-access-request', params, to, about: orgId }));
      return { changes: [created('access-request', record)], mails, result: { ...result, outcome: 'requested' } };
    }
    const row = { id: teamMemberId(team.id, target.id), teamId: team.id, memberId: target.id, teamRole: null };
    const changes = [created('team-member', row)];
    return {
      changes,
      audit: [teamJoined(actor, target, team)],
      result: { ...result, state: stateAfter(state, changes), outcome: 'joined' },
    };
  },

  async persistSideEffects(tx, { result: { outcome, isNewRequest } }, context) {
    if (outcome !== 'requested' || !isNewRequest) return;
    const { orgId, actor, limits } = context;
    await countNotice(tx, context, 'team-access-request');
    const waiting = await countAccessRequestsOf(tx, orgId, userIdOf(actor));
    assertAtMost(waiting, limits.accessRequestsPerMember, 'You have too many undecided requests to join teams.');
  },
};
