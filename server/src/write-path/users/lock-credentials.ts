import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import type { Actor, UsedCredential } from '../../domain/actor.ts';

/**
 * A credential is created in the transaction that locks its user, and the session or token that it
 * is created with. A command that ends the user's access or that credential either commits first
 * and is seen here, or runs later and ends the new credential.
 */

export interface LockedUser {
  readonly isActive: boolean;
  readonly passwordHash: string | null;
  readonly name: string;
  readonly email: string;
  readonly externalId: string | null;
  /** Whether the erasure of the user was accepted. Nothing changes the account since then. */
  readonly isErased: boolean;
}

const tables = { session: 'sessions', token: 'auth_tokens', 'service-token': 'service_tokens' } as const;

/** Locks a user's row until the end of the transaction. Null if there is no such user. */
export async function lockUser(tx: Tx, userId: string): Promise<LockedUser | null> {
  const row = await tx
    .selectFrom('users')
    .select(['is_active', 'password_hash', 'name', 'email', 'external_id', 'erased_at'])
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return null;
  const { name, email, is_active: isActive, password_hash: passwordHash, external_id: externalId, erased_at } = row;
  return { isActive, passwordHash, name, email, externalId, isErased: erased_at !== null };
}

/**
 * Locks the credential until the end of the transaction. Null needs no lock.
 * @throws OrgError `unauthenticated` if it has ended
 */
export async function lockCredential(tx: Tx, credential: UsedCredential | null): Promise<void> {
  if (credential === null) return;
  const row = await tx.selectFrom(tables[credential.kind]).select('id').where('id', '=', credential.id).forKeyShare().executeTakeFirst();
  if (!row) throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
}

/**
 * Locks the actor who creates a credential of an organization.
 * @throws OrgError `unauthenticated` for a disabled user or an ended credential
 */
export async function lockCreator(tx: Tx, actor: Actor, credential: UsedCredential | null): Promise<void> {
  if (actor.kind === 'user') {
    // The lock is shared, because many requests may work for one user. In an organization's
    // transaction it comes after the organization's lock.
    const row = await tx.selectFrom('users').select('is_active').where('id', '=', actor.userId).forShare().executeTakeFirst();
    if (!row?.is_active) throw userIsDisabled();
  }
  await lockCredential(tx, credential);
}

export function userIsDisabled(): OrgError {
  return new OrgError('unauthenticated', 'User inactive or deleted');
}
