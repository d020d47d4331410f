import type { Tx } from '../../../database/database.ts';
import { type BoundSession, unbindSessions } from '../../../database/security/sso-identities.ts';
import { removeFlowsOfIdentity } from './sso-flows.ts';

/**
 * Ends the bindings of an identity, and the logins that would link another one. Sessions without
 * another binding expire.
 */
export async function endBindings(tx: Tx, orgId: string, identityId: string, sessions: readonly BoundSession[]): Promise<void> {
  await unbindSessions(tx, orgId, [identityId], sessions);
  await removeFlowsOfIdentity(tx, orgId, identityId);
}
