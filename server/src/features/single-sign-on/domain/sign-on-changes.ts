import type { AuthProviderRecord, LogChange, MemberRecord, MemberUser, TeamMemberRecord } from '@rollcall/protocol';
import { type AuditEvent, memberEvent } from '../../../domain/audit/audit.ts';
import { created, updated } from '../../../domain/changes.ts';
import { invitesOfPerson, obsoleteInvites } from '../../../domain/members/member-removal.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import { newMember } from '../../../domain/organizations/new-organization.ts';
import type { Linking } from './sign-on.ts';

/** The records that a login by single sign-on changes, with their audit events. */

export interface SignOnChanges {
  readonly changes: readonly LogChange[];
  readonly audit: readonly AuditEvent[];
}

/** Invitations and requests that are obsolete once the person is a member. */
export interface Obsolete {
  readonly invites: readonly MemberRecord[];
  readonly teams: readonly TeamMemberRecord[];
}

function linkedFlags(member: MemberRecord): MemberRecord['flags'] {
  return { ...member.flags, 'sso:linked': true, 'sso:invalid': false };
}

function linkChanges(member: MemberRecord): SignOnChanges {
  const after = { ...member, flags: linkedFlags(member) };
  const changes = updated('member', member, after);
  return { changes, audit: [memberEvent('sso-identity.link', after, 'linked their account to a new identity')] };
}

/** Turns the invitation into a linked member. */
function joinChanges(invite: MemberRecord, user: MemberUser, { invites, teams }: Obsolete): SignOnChanges {
  const member = reattachedMember({ ...invite, flags: linkedFlags(invite) }, user);
  return {
    changes: [...obsoleteInvites(invitesOfPerson(invites, user.id), teams, invite.id), ...updated('member', invite, member)],
    audit: [memberEvent('member.accept-invite', member, 'accepted the membership invite by single sign-on')],
  };
}

/** The member and its changes by any of the ways to become a linked member. */
export interface Linked {
  readonly user: MemberUser;
  /** The id of the new member, if one is created. */
  readonly memberId: string;
  readonly provider: AuthProviderRecord;
  readonly obsolete: Obsolete;
  readonly now: string;
}

export function linkingChanges(linking: Linking, { user, memberId, provider, obsolete, now }: Linked): SignOnChanges {
  switch (linking.kind) {
    case 'link':
      return linkChanges(linking.member);
    case 'join':
      return joinChanges(linking.invite, user, obsolete);
    case 'provision':
      return provisionChanges({ id: memberId, user, provider, now }, obsolete);
  }
}

/** A new linked member with the provider's default role. */
function provisionChanges(
  { id, user, provider, now }: { id: string; user: MemberUser; provider: AuthProviderRecord; now: string },
  { invites, teams }: Obsolete,
): SignOnChanges {
  const joined = newMember({ id, user, orgRole: provider.defaultRole, now });
  const member = { ...joined, flags: linkedFlags(joined) };
  return {
    changes: [...obsoleteInvites(invitesOfPerson(invites, user.id), teams, null), created('member', member)],
    audit: [memberEvent('member.add', member, `added member ${member.email}`)],
  };
}
