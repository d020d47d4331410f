import type { MemberRecord, OrganizationRecord, OrgState } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { readMembers } from '../database/records-read.ts';
import type { Actor } from '../domain/actor.ts';
import type { MailToSend } from '../mail/enqueue-mail.ts';

/** Mails that several commands send. */

/** To whoever is invited (spec: 6.3). With enhanced privacy they are not told by whom: they are no member yet. */
export function invitationMail(organization: OrganizationRecord, member: MemberRecord, nonce: string): MailToSend {
  const inviterName = organization.enhancedPrivacy ? null : member.inviterName;
  const params = { orgName: organization.name, invite: { memberId: member.id, nonce }, inviterName };
  return { template: 'invitation', params, to: member.email! };
}

/** Where owners are written to; each has a mail of their own. Deactivated users are not. */
export async function loadOwnerAddresses(tx: Tx, orgId: string): Promise<string[]> {
  const owners = await readMembers(tx, orgId, { roles: ['owner'] });
  return owners.flatMap(({ user }) => (user?.isActive && user.email !== null ? [user.email] : []));
}

/** Who did something, in a mail to owners. */
export function nameActor(state: OrgState, actor: Actor): string {
  if (actor.kind === 'user') return state.memberOfUser(actor.userId)?.name || 'A member';
  return actor.kind === 'org-token' ? 'An organization token' : 'Whoever runs the server';
}
