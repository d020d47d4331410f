import type { MemberRecord, OrgRoleId, OrgState, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import { readTeamMembers, readTeams } from '../../../database/records/records-read.ts';
import type { Actor } from '../../../domain/actor.ts';
import { memberInvited } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { inviteExpiry, isHiddenRequest, type RecentInvites, refuseTooManyInvites } from '../../../domain/invites/invites.ts';
import {
  assignableRoleErrors,
  type GivenRole,
  isOrgRole,
  retiredRole,
  rolesForMembers,
  unknownRoleErrors,
} from '../../../domain/members/role-assignment.ts';
import { chosenMemberships, type TeamChoice, teamChoiceErrors } from '../../../domain/teams/team-choice.ts';
import type { Command, CommandContext } from '../../command.ts';
import { loadEnteredState, loadInviteRequest } from '../load-by-path.ts';
import { invitationMail } from './invitation-mail.ts';
import { loadRecentInvites, saveSentInvite } from './recent-invites.ts';
import { saveInviteTokens } from './save-invite-tokens.ts';

export interface UpdateInviteRequest {
  /** A member id. */
  readonly member: string;
  readonly role: GivenRole | null;
  /** Null keeps the teams. */
  readonly teams: TeamChoice | null;
  /**
   * With false, the approval is checked, but only the edits are saved. With null, it is not
   * checked.
   */
  readonly approve: boolean | null;
}

interface Facts {
  readonly state: OrgState;
  readonly request: MemberRecord;
  readonly requestTeams: readonly TeamMemberRecord[];
  /** The teams that the body names and that exist. */
  readonly teams: readonly TeamRecord[];
  readonly nonce: string;
  /** Null unless the request is to become an invite. */
  readonly recent: RecentInvites | null;
}

interface UpdatedInviteRequest {
  readonly member: MemberRecord;
  /** The nonce that the new invite's token is derived from. Null if it gets no token. */
  readonly nonce: string | null;
}

/** Edits a request and turns it into an invite, all or nothing (REST contract 7.2, 17.3). */
export const updateInviteRequest: Command<UpdateInviteRequest, Facts, UpdatedInviteRequest> = {
  name: 'update-invite-request',

  async load(tx, { member, teams, approve }, context) {
    const state = await loadEnteredState(tx, context);
    // The approval of a hidden request has an error of its own.
    const request = await loadInviteRequest(tx, state, member, context, approve !== null);
    return {
      state,
      request,
      requestTeams: await readTeamMembers(tx, context.orgId, { memberIds: [request.id] }),
      teams: await readTeams(tx, context.orgId, { slugs: teams?.items.map(({ slug }) => slug) ?? [] }),
      nonce: context.deriveToken.newNonce(),
      recent: approve === true ? await loadRecentInvites(tx, context, request.email) : null,
    };
  },

  decide(input, facts, context) {
    const { actor, now, invites, inviteDays, refuseInvalid } = context;
    const { state, request, requestTeams, teams } = facts;
    authorize(state, actor, ['member:write', 'member:admin']);
    refuseInvalid(roleErrors(input, state, actor), teamChoiceErrors(input.teams, teams));
    const edited: MemberRecord = { ...request, orgRole: (input.role?.value as OrgRoleId | undefined) ?? request.orgRole };
    if (input.approve !== null) refuseInvalid(approvalErrors(edited, state, context));

    const isApproved = input.approve === true;
    if (facts.recent) refuseTooManyInvites(facts.recent);
    const nonce = isApproved && invites === 'on' ? facts.nonce : null;
    const inviteExpiresAt = nonce === null ? null : inviteExpiry(now, inviteDays);
    const member: MemberRecord = isApproved ? { ...edited, inviteStatus: 'approved', inviteExpiresAt } : edited;
    return {
      changes: [...updated('member', request, member), ...chosenMemberships(withoutTeamRoles(input.teams), teams, member, requestTeams)],
      audit: isApproved ? [memberInvited(member, invites)] : [],
      mails: nonce === null ? [] : [invitationMail(state.organization!, member, nonce)],
      result: { member, nonce },
    };
  },

  async persistSideEffects(tx, { result: { member, nonce } }, context) {
    if (member.inviteStatus === 'approved') await saveSentInvite(tx, context, member.email!);
    if (nonce !== null) await saveInviteTokens(tx, context.orgId, [{ memberId: member.id, nonce }], context.deriveToken);
  },
};

/**
 * A caller can't write a role into a request that they could not assign themselves, for another
 * person to approve (case S-05). An approval checks the role itself.
 */
function roleErrors({ role, approve }: UpdateInviteRequest, state: OrgState, actor: Actor): FieldErrors {
  if (role === null) return {};
  if (!isOrgRole(role.value)) return unknownRoleErrors(role);
  return approve === null ? assignableRoleErrors(role, rolesForMembers(state, actor)) : {};
}

/** An invite adds the member to its teams, without team roles (REST contract 6.3). */
function withoutTeamRoles(teams: TeamChoice | null): TeamChoice | null {
  return teams && { ...teams, items: teams.items.map(({ slug }) => ({ slug, role: null })) };
}

/** A caller can't approve a role that they could not assign themselves (case S-05). */
function approvalErrors(request: MemberRecord, state: OrgState, { actor, invites, retiredRoles }: CommandContext): FieldErrors {
  if (invites === 'off') return { approve: ['Your organization is not allowed to invite members.'] };
  if (isHiddenRequest(request, state.organization!)) {
    return { approve: ['Your organization does not allow requests to join.'] };
  }
  if (!rolesForMembers(state, actor).includes(request.orgRole)) {
    return { approve: [`You do not have permission to approve a member invitation with the role ${request.orgRole}.`] };
  }
  return retiredRoles.has(request.orgRole) ? { approve: [retiredRole(request.orgRole)] } : {};
}
