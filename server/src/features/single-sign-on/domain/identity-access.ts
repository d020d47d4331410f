import { isOutrankedBy, type MemberRecord, type OrgState } from '@rollcall/protocol';
import { type Actor, isSelf, memberOfActor } from '../../../domain/actor.ts';
import { authorize, authorizeEntry, forbidden } from '../../../domain/authorize.ts';

/**
 * Refuses callers who may neither read nor end a member's identity. The member may, and so may
 * callers who may remove the member (REST contract 4.3).
 * @throws OrgError as `authorize`
 */
export function authorizeIdentity(state: OrgState, actor: Actor, target: MemberRecord): void {
  authorizeEntry(state, actor);
  if (isSelf(actor, target)) return;
  authorize(state, actor, 'member:admin');
  const member = memberOfActor(state, actor);
  if (member && !isOutrankedBy(target, member)) throw forbidden();
}
