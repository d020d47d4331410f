import {
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  OrgError,
  type OrgRoleId,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import { isPrimaryTrusted } from '../../../database/identity/user-emails.ts';
import { readMembers, readOrganization, readTeamMembers, readTeams } from '../../../database/records/records-read.ts';
import { memberWithRole } from '../../../domain/access/recovery-owners.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { forbidden, notFound } from '../../../domain/authorize.ts';
import { created, updated } from '../../../domain/changes.ts';
import { isProvisionedInvite } from '../../../domain/invites/invites.ts';
import { invitesOfPerson, obsoleteInvites, withoutDuplicates } from '../../../domain/members/member-removal.ts';
import { retiredRole } from '../../../domain/members/role-assignment.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import { newMember } from '../../../domain/organizations/new-organization.ts';
import { chosenMemberships, type TeamChoice, teamChoiceErrors } from '../../../domain/teams/team-choice.ts';
import type { Command } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { readJoiningUser } from '../../users/read-joining-user.ts';

export interface AddMember {
  readonly userId: string;
  /** Null for the organization's default role. */
  readonly orgRole: OrgRoleId | null;
  /** Slugs. Null for none. */
  readonly teams: readonly string[] | null;
  /**
   * Whether a user whom `require2FA` detached gets the former member back. A null role or null
   * teams then stay those of that member.
   */
  readonly restoresDetached?: boolean;
}

export interface AddMemberFacts {
  readonly id: string;
  readonly organization: OrganizationRecord;
  readonly user: MemberUser | null;
  readonly isMember: boolean;
  readonly teams: readonly TeamRecord[];
  /** Invites and requests for the same address or user. */
  readonly invites: readonly MemberRecord[];
  readonly inviteTeams: readonly TeamMemberRecord[];
  /** Whether the user verified their address long enough ago that no one else can have added it. */
  readonly isTrustedAddress: boolean;
}

/**
 * Adds a user as a full member without an invite, for the operator. Other invites and requests of
 * the user, or with the same address, are removed in the same revision, because a member could
 * otherwise accept them.
 */
export const addMember: Command<AddMember, AddMemberFacts, MemberRecord> = {
  name: 'add-member',

  async load(tx, { userId, teams }, { orgId }) {
    const organization = await readOrganization(tx, orgId);
    if (!organization) throw notFound();
    const user = await readJoiningUser(tx, userId);
    const sameAddress = user?.email ? invitesOfPerson(await readMembers(tx, orgId, { inviteEmails: [user.email] }), user.id) : [];
    const detached = await readMembers(tx, orgId, { detachedUserIds: user ? [user.id] : [] });
    const invites = withoutDuplicates([...sameAddress, ...detached]);
    return {
      id: await allocateId(tx),
      organization,
      user,
      isMember: (await readMembers(tx, orgId, { userIds: [userId] })).length > 0,
      teams: await readTeams(tx, orgId, { slugs: teams ?? [] }),
      invites,
      inviteTeams: await readTeamMembers(tx, orgId, { memberIds: invites.map(({ id }) => id) }),
      isTrustedAddress: user !== null && (await isPrimaryTrusted(tx, user)),
    };
  },

  decide(input, facts, { actor, now, retiredRoles, malformed, refuseInvalid }) {
    if (actor.kind !== 'operator' && actor.kind !== 'system') throw forbidden();
    const { user, organization } = facts;
    const teams: TeamChoice | null = input.teams && { key: 'teams', items: input.teams.map((slug) => ({ slug })) };
    refuseInvalid(
      user || malformed.userId ? {} : { userId: [`Invalid pk "${input.userId}" - object does not exist.`] },
      input.orgRole !== null && retiredRoles.has(input.orgRole) ? { orgRole: [retiredRole(input.orgRole)] } : {},
      teamChoiceErrors(teams, facts.teams),
    );
    if (facts.isMember) throw new OrgError('already-exists', `The user ${user!.email} is already a member`);

    const detached = input.restoresDetached ? facts.invites.find(({ detachedUser }) => detachedUser?.id === user!.id) : undefined;
    // The identity provider knows the person by its own invite.
    const accepted = detached ?? (facts.isTrustedAddress ? facts.invites.find(isProvisionedInvite) : undefined);
    const member = accepted
      ? memberWithRole(reattachedMember(accepted, user!), input.orgRole ?? accepted.orgRole)
      : newMember({ id: facts.id, user: user!, orgRole: input.orgRole ?? organization.defaultRole, now });
    const changes = [
      ...obsoleteInvites(facts.invites, facts.inviteTeams, accepted?.id ?? null),
      ...(accepted ? updated('member', accepted, member) : [created('member', member)]),
      ...chosenMemberships(
        teams,
        facts.teams,
        member,
        facts.inviteTeams.filter(({ memberId }) => memberId === accepted?.id),
      ),
    ];
    return { changes, audit: [memberEvent('member.add', member, `added member ${member.email}`)], result: member };
  },
};
