import { effectiveTeamRole, type MemberRecord, type OrganizationRecord, type OrgState } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { readMembers, readTeamMembers } from '../database/records/records-read.ts';
import type { Actor } from '../domain/actor.ts';
import type { MailToSend } from '../mail/enqueue-mail.ts';

/** Mails of several commands. */

/**
 * The mail to an invited person (REST contract 6.3). With enhanced privacy it does not name the
 * inviter, because the recipient is not a member yet.
 */
export function invitationMail(organization: OrganizationRecord, member: MemberRecord, nonce: string): MailToSend {
  const inviterName = organization.enhancedPrivacy ? null : member.inviterName;
  const params = { orgName: organization.name, invite: { memberId: member.id, nonce }, inviterName };
  return { template: 'invitation', params, to: member.email! };
}

/** Addresses of the owners with an active user. Each gets a mail of their own. */
export async function loadOwnerAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(await readMembers(tx, orgId, { roles: ['owner'] }));
}

/**
 * Addresses of the members who may approve invites and requests: owners and managers (REST contract
 * 7.1).
 */
export async function loadApproverAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(await readMembers(tx, orgId, { roles: ['owner', 'manager'] }));
}

/**
 * Addresses of the members who may approve requests for a team: owners, managers, and admins of the
 * team (REST contract 8.5).
 */
export async function loadTeamApproverAddresses(tx: Tx, orgId: string, teamId: string): Promise<string[]> {
  const rows = await readTeamMembers(tx, orgId, { teamIds: [teamId] });
  const teamRoles = new Map(rows.map((row) => [row.memberId, row.teamRole]));
  const onTeam = teamRoles.size > 0 ? await readMembers(tx, orgId, { ids: [...teamRoles.keys()] }) : [];
  const admins = onTeam.filter(({ id, orgRole }) => effectiveTeamRole(teamRoles.get(id) ?? null, orgRole) === 'admin');
  return [...new Set([...(await loadApproverAddresses(tx, orgId)), ...addressesOf(admins)])];
}

function addressesOf(members: readonly MemberRecord[]): string[] {
  return members.flatMap(({ user }) => (user?.isActive && user.email !== null ? [user.email] : []));
}

/**
 * The name of a member, for a mail to members who need not manage others. With enhanced privacy, an
 * address is not used as a name.
 */
export function nameMember({ enhancedPrivacy }: OrganizationRecord, { name }: MemberRecord): string {
  return name === '' || (enhancedPrivacy && name.includes('@')) ? 'A member' : name;
}

/** The name of an actor, for a mail to owners. */
export function nameActor(state: OrgState, actor: Actor): string {
  if (actor.kind === 'user') return state.memberOfUser(actor.userId)?.name || 'A member';
  return actor.kind === 'org-token' ? 'An organization token' : 'The operator of the server';
}
