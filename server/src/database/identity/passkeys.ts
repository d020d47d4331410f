import type { Db } from '../database.ts';

/** A passkey with its owner. Binary values are in base64url. */
export interface StoredPasskey {
  readonly id: string;
  readonly userId: string;
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly userHandle: string;
}

/** Null if no user has this passkey. */
export async function findPasskey(db: Db, credentialId: string): Promise<StoredPasskey | null> {
  const row = await db
    .selectFrom('passkeys')
    .innerJoin('authenticators', 'authenticators.id', 'passkeys.authenticator_id')
    .select(['passkeys.id', 'authenticators.user_id', 'public_key', 'counter', 'user_handle'])
    .where('credential_id', '=', credentialId)
    .executeTakeFirst();
  if (!row) return null;
  const { id, user_id: userId, public_key: publicKey, counter, user_handle: userHandle } = row;
  return { id, userId, credentialId, publicKey, counter: Number(counter), userHandle };
}

export interface KnownPasskey {
  readonly id: string;
  readonly credentialId: string;
  readonly userHandle: string;
  readonly transports: readonly string[];
}

/** The passkeys of a user, the oldest first. */
export async function readPasskeys(db: Db, userId: string): Promise<KnownPasskey[]> {
  const rows = await db
    .selectFrom('passkeys')
    .innerJoin('authenticators', 'authenticators.id', 'passkeys.authenticator_id')
    .select(['passkeys.id', 'credential_id', 'user_handle', 'transports'])
    .where('authenticators.user_id', '=', userId)
    .orderBy('passkeys.id')
    .execute();
  return rows.map(({ id, credential_id, user_handle, transports }) => ({
    ...{ id, credentialId: credential_id, userHandle: user_handle, transports },
  }));
}
