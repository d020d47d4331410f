import type { Db } from '../../database/database.ts';
import type { PasskeyKey } from './verify-passkey.ts';

export interface FoundPasskey extends PasskeyKey {
  readonly id: string;
  readonly userId: string;
}

/** Returns null if no user has this passkey. */
export async function findPasskey(db: Db, credentialId: string): Promise<FoundPasskey | null> {
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
