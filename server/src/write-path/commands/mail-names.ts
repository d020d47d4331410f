import type { MemberRecord, OrganizationRecord, OrgState } from '@rollcall/protocol';
import type { Actor } from '../../domain/actor.ts';

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
