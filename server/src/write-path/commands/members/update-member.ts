import {
  type LogChange,
  type MemberRecord,
  OrgError,
  type OrgRecord,
  type OrgRoleId,
  type OrgState,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers, readTeams } from '../../../database/records/records-read.ts';
import { memberWithRole, refuseLastRecoveryOwner } from '../../../domain/access/recovery-owners.ts';
import { type Actor, isSelf } from '../../../domain/actor.ts';
import { type AuditEvent, memberEvent, teamJoined, teamLeft } from '../../../domain/audit/audit.ts';
import { authorize, forbidden, isAuthorized } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import {
  inviteExpiry,
  isExpiredInvite,
  isInvite,
  type RecentInvites,
  refuseSwitchedOff,
  refuseTooManyInvites,
} from '../../../domain/invites/invites.ts';
import { refusePartnershipMember } from '../../../domain/members/member-refusals.ts';
import { refuseOnlyOwner } from '../../../domain/members/only-owner.ts';
import {
  assignableRoleErrors,
  type GivenRole,
  isOrgRole,
  retiredRole,
  rolesForMembers,
  unknownRoleErrors,
} from '../../../domain/members/role-assignment.ts';
import { chosenMemberships, type TeamChoice, teamChoiceErrors } from '../../../domain/teams/team-choice.ts';
import type { Command, CommandContext, Decision, LoadContext } from '../../command.ts';
import { invitationMail } from '../invites/invitation-mail.ts';
import { loadRecentInvites, saveSentInvite } from '../invites/recent-invites.ts';
import { type InviteToken, readInviteNonce, saveInviteTokens } from '../invites/save-invite-tokens.ts';
import { loadStateWithMember } from '../load-by-path.ts';
import { ssoLinkMail } from './sso-link-mail.ts';

export interface UpdateMember {
  /** A member id, or `me`. */
  readonly member: string;
  readonly role: GivenRole | null;
  /**
   * Null keeps the teams. An empty choice removes the member from all teams (REST contract 17.1).
   */
  readonly teams: TeamChoice | null;
  readonly reinvite: boolean;
  readonly regenerate: boolean;
}

interface Facts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  readonly targetTeams: readonly TeamMemberRecord[];
  /** The teams that the body names and that exist. */
  readonly teams: readonly TeamRecord[];
  /** The teams that the target was on. Empty unless the body names teams. */
  readonly teamsBefore: readonly TeamRecord[];
  /** All owners. Empty unless an owner gets a role. */
  readonly owners: readonly MemberRecord[];
  /** Null unless the invite or the mail with the link for single sign-on is resent. */
  readonly reinvite: ReinviteFacts | null;
}

interface ReinviteFacts {
  readonly recent: RecentInvites;
  /**
   * The nonce of the current token. A new one for an invite without a token, or whose token was
   * made with a SECRET that was rotated since.
   */
  readonly nonce: string;
  readonly newNonce: string;
}

interface UpdatedMember {
  readonly member: MemberRecord;
  /**
   * The state against which the actor was authorized. The command changes neither the organization
   * nor the actor's own role, so the response need not read them again.
   */
  readonly state: OrgState;
  /** Set if the invite is resent. */
  readonly sent: InviteToken | null;
  /** The address to which the invite, or the link for single sign-on, is resent. */
  readonly sentTo: string | null;
}

/**
 * Changes a member's role and teams, or resends an invite (REST contract 6.5), all or nothing (REST
 * contract 17.2). Flags of the member don't bind the operator, nor do recovery owners, because an
 * organization sets them itself.
 */
export const updateMember: Command<UpdateMember, Facts, UpdatedMember> = {
  name: 'update-member',
  endsAccess: ({ role }) => role !== null,

  async load(tx, { member, role, teams, reinvite }, context) {
    const { state, target } = await loadStateWithMember(tx, context, member);
    return {
      state,
      target,
      targetTeams: [...state.teamIdsOfMember(target.id)].map((teamId) => state.teamMember(teamId, target.id)!),
      teams: teams ? await readTeams(tx, context.orgId, { slugs: teams.items.map(({ slug }) => slug) }) : [],
      // The audit log names the teams that the member leaves.
      teamsBefore: teams ? await readTeams(tx, context.orgId, { ids: [...state.teamIdsOfMember(target.id)] }) : [],
      owners: role !== null && target.orgRole === 'owner' ? await readMembers(tx, context.orgId, { roles: ['owner'] }) : [],
      reinvite: reinvite ? await loadReinvite(tx, target, context) : null,
    };
  },

  decide(input, facts, context) {
    const { actor, refuseInvalid } = context;
    const { state, target } = facts;
    authorize(state, actor, ['member:invite', 'member:write', 'member:admin']);
    refuseInvalid(roleErrors(input, state, actor), teamChoiceErrors(input.teams, facts.teams));
    if (actor.kind !== 'operator') refusePartnershipMember(target);
    if (!isAuthorized(state, actor, 'member:admin')) refuseBeyondOwnInvite(input, state, actor, target);
    if (input.reinvite) return decideReinvite(input, facts, context);

    const orgRole = decideRole(input, facts, context);
    if (orgRole !== target.orgRole) {
      if (actor.kind !== 'operator') refuseLastRecoveryOwner(state.organization!, target, facts.owners);
      // The operator can demote an owner without being one.
      refuseOnlyOwner(state.organization!, target, facts.owners);
    }
    const member = memberWithRole(target, orgRole);
    const changes = [...updated('member', target, member), ...chosenMemberships(input.teams, facts.teams, member, facts.targetTeams)];
    return { changes, audit: auditOf(changes, facts, member, actor), result: { member, state, sent: null, sentTo: null } };
  },

  async persistSideEffects(tx, { result: { sent, sentTo } }, context) {
    if (sent) await saveInviteTokens(tx, context.orgId, [sent], context.deriveToken);
    if (sentTo !== null) await saveSentInvite(tx, context, sentTo);
  },
};

/**
 * Step 7. One event for the edit, and one for each team joined or left. None if nothing changed.
 */
function auditOf(changes: readonly LogChange[], { teams, teamsBefore }: Facts, member: MemberRecord, actor: Actor): AuditEvent[] {
  if (changes.length === 0) return [];
  const teamOf = (row: OrgRecord | null) => [...teams, ...teamsBefore].find(({ id }) => id === row?.teamId)!;
  return [
    ...changes.flatMap(({ kind, before, after }) => {
      if (kind !== 'team-member' || (before && after)) return [];
      return after ? teamJoined(actor, member, teamOf(after)) : teamLeft(actor, member, teamOf(before));
    }),
    memberEvent('member.edit', member, `edited member ${member.email} (role: ${member.orgRole})`),
  ];
}

async function loadReinvite(tx: Tx, target: MemberRecord, context: LoadContext): Promise<ReinviteFacts> {
  const { deriveToken } = context;
  const stored = await readInviteNonce(tx, context.orgId, target.id);
  return {
    recent: await loadRecentInvites(tx, context, target.email),
    nonce: stored !== null && deriveToken.canDerive(stored) ? stored : deriveToken.newNonce(),
    newNonce: deriveToken.newNonce(),
  };
}

/** Step 2. A request with a role requires `member:admin`, even if the role is the current one. */
function roleErrors({ role }: UpdateMember, state: OrgState, actor: Actor): FieldErrors {
  if (role === null) return {};
  return isOrgRole(role.value) ? assignableRoleErrors(role, rolesForMembers(state, actor)) : unknownRoleErrors(role);
}

function namesDetails({ role, teams }: UpdateMember): boolean {
  return role !== null || teams !== null;
}

/** Step 4. With `member:invite` alone, callers may only resend their own invites. */
function refuseBeyondOwnInvite(input: UpdateMember, state: OrgState, actor: Actor, target: MemberRecord): void {
  if (!state.organization!.allowMemberInvite || !isInvite(target) || namesDetails(input)) throw forbidden();
  if (actor.kind === 'user' && target.inviterId === actor.userId) return;
  throw new OrgError('forbidden', 'You cannot modify invitations sent by someone else.');
}

/**
 * Step 5. Resending an unchanged invite, or the link for single sign-on, adds only an audit entry.
 */
function decideReinvite(input: UpdateMember, facts: Facts, { actor, now, invites, inviteDays }: CommandContext): Decision<UpdatedMember> {
  const { state, target } = facts;
  const { recent, nonce, newNonce } = facts.reinvite!;
  if (namesDetails(input)) {
    throw new OrgError('forbidden', 'You cannot modify member details when resending an invitation. Separate requests are required.');
  }
  const audit = (member: MemberRecord) => [memberEvent('member.reinvite', member, `reinvited member ${member.email}`)];
  const sentTo = target.email;
  if (!target.pending) {
    const link = ssoLinkMail(state.organization!, state.authProvider, target);
    if (!link) throw new OrgError('invalid', 'You cannot send an invitation to a user who is already a full member.');
    refuseTooManyInvites(recent);
    return { changes: [], audit: audit(target), mails: [link], result: { member: target, state, sent: null, sentTo } };
  }
  refuseSwitchedOff(invites !== 'on');
  refuseTooManyInvites(recent);
  if (input.regenerate) {
    if (!isAuthorized(state, actor, 'member:admin')) throw new OrgError('invalid', 'You are missing the member:admin scope.');
    const member = { ...target, inviteExpiresAt: inviteExpiry(now, inviteDays) };
    const sent = { memberId: member.id, nonce: newNonce };
    const mails = [invitationMail(state.organization!, member, sent.nonce)];
    return { changes: updated('member', target, member), audit: audit(member), mails, result: { member, state, sent, sentTo } };
  }
  if (isExpiredInvite(target, now)) {
    throw new OrgError('invalid', 'You cannot resend an expired invitation without regenerating the token.');
  }
  const sent = { memberId: target.id, nonce };
  const mails = [invitationMail(state.organization!, target, sent.nonce)];
  return { changes: [], audit: audit(target), mails, result: { member: target, state, sent, sentTo } };
}

/**
 * Step 6, second half: the target's role after the command. The caller must be allowed to assign
 * both the old and the new role.
 */
function decideRole({ role }: UpdateMember, { state, target }: Facts, { actor, retiredRoles }: CommandContext): OrgRoleId {
  if (role === null || role.value === target.orgRole) return target.orgRole;
  const orgRole = role.value as OrgRoleId;
  const assignable = rolesForMembers(state, actor);
  if (!assignable.includes(orgRole)) throw roleRefusal('You do not have permission to assign the given role.');
  if (!assignable.includes(target.orgRole)) throw roleRefusal('You do not have permission to assign a role to the given user.');
  if (isSelf(actor, target)) throw new OrgError('invalid', 'You cannot make changes to your own role.');
  if (retiredRoles.has(orgRole)) throw new OrgError('invalid', retiredRole(orgRole));
  if (target.flags['idp:role-restricted'] && actor.kind !== 'operator') throw forbidden();
  return orgRole;
}

/**
 * Unlike other refusals of a field, the body contains a string and not a list (REST contract 1.1).
 */
function roleRefusal(message: string): OrgError {
  return new OrgError('forbidden', message, { body: { role: message } });
}
