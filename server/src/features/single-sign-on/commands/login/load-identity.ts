import type { MemberRecord, OrgState } from '@rollcall/protocol';
import type { Tx } from '../../../../database/database.ts';
import {
  type BoundSession,
  type LinkedIdentity,
  readMemberIdentity,
  readSessionsBoundBy,
} from '../../../../database/security/sso-identities.ts';
import { notFound } from '../../../../domain/authorize.ts';
import type { LoadContext } from '../../../../write-path/command.ts';
import { loadStateWithMember } from '../../../../write-path/commands/load-by-path.ts';
import { authorizeIdentity } from '../../domain/identity-access.ts';

/** The facts of the two commands that end a member's identity. */
export interface IdentityFacts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  readonly identity: LinkedIdentity;
  /** The sessions that the identity has bound to the organization. */
  readonly sessions: readonly BoundSession[];
}

export interface EndedIdentity {
  readonly identity: LinkedIdentity;
  /** The sessions that were bound. Close their sockets next. */
  readonly sessions: readonly BoundSession[];
}

/** @throws OrgError `not-found` without an identity */
export async function loadIdentity(tx: Tx, member: string, context: LoadContext): Promise<IdentityFacts> {
  const { state, target } = await loadStateWithMember(tx, context, member);
  authorizeIdentity(state, context.actor, target);
  const identity = await readMemberIdentity(tx, context.orgId, target.id);
  if (!identity) throw notFound();
  return { state, target, identity, sessions: await readSessionsBoundBy(tx, context.orgId, [identity.id]) };
}
