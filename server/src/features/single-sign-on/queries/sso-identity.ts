import type { Db } from '../../../database/database.ts';
import { type LinkedIdentity, readMemberIdentity } from '../../../database/security/sso-identities.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { findMember } from '../../../read-path/queries/members/member-details.ts';
import { authorizeIdentity } from '../domain/identity-access.ts';

/**
 * A member's linked identity, for the member and for callers who may remove the member.
 * @throws OrgError as `authorizeReader`; `forbidden`; `not-found` also without an identity
 */
export async function readSsoIdentity(db: Db, orgId: string, actor: CallingActor, segment: string): Promise<LinkedIdentity> {
  const { state } = await authorizeReader(db, orgId, actor, ['member:read', 'member:write', 'member:admin']);
  const target = await findMember(db, state, actor, segment);
  authorizeIdentity(state, actor, target);
  const identity = await readMemberIdentity(db, orgId, target.id);
  if (!identity) throw notFound();
  return identity;
}
