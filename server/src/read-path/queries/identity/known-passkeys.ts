import type { Db } from '../../../database/database.ts';

/** A passkey as a browser recognizes it. */
export interface KnownPasskey {
  readonly credentialId: string;
  readonly userHandle: string;
  readonly transports: readonly string[];
}

/** The passkeys of a user, the oldest first. */
export async function readKnownPasskeys(db: Db, userId: string): Promise<KnownPasskey[]> {
  return db
    .selectFrom('passkeys')
    .innerJoin('authenticators', 'authenticators.id', 'passkeys.authenticator_id')
    .select(['credential_id as credentialId', 'user_handle as userHandle', 'transports'])
    .where('authenticators.user_id', '=', userId)
    .orderBy('passkeys.id')
    .execute();
}
