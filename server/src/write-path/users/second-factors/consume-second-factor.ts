import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';

/** A correct code, or a signature of a passkey, that may already have been used. */
export type SecondFactorUse =
  | { readonly type: 'totp'; readonly counter: number }
  | { readonly type: 'recovery'; readonly digest: string }
  | {
      readonly type: 'webauthn';
      readonly passkeyId: string;
      readonly counter: number;
      readonly challenge: { readonly nonce: string; readonly expiresAt: string };
    };

/**
 * Consumes a code or a signature in the caller's transaction. Returns false if it was used before
 * or does not belong to the user. One of two concurrent uses succeeds.
 */
export async function consumeSecondFactor(tx: Tx, userId: string, use: SecondFactorUse): Promise<boolean> {
  if (use.type === 'totp') return consumeTotp(tx, userId, use.counter);
  if (use.type === 'recovery') return consumeRecoveryCode(tx, userId, use.digest);
  return (await consumeChallenge(tx, use.challenge)) && recordPasskeyUse(tx, userId, use.passkeyId, use.counter);
}

/** Returns false if the challenge was used before. */
export async function consumeChallenge(
  tx: Tx,
  { nonce, expiresAt }: { readonly nonce: string; readonly expiresAt: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('used_challenges')
    .values({ nonce, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** Accepts only a larger counter, unless the authenticator has none (WebAuthn section 7.2). */
async function recordPasskeyUse(tx: Tx, userId: string, passkeyId: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkeys')
    .set({ counter: String(counter), date_last_used: sql<string>`clock_timestamp()` })
    .where('id', '=', passkeyId)
    .where('authenticator_id', 'in', (eb) => eb.selectFrom('authenticators').select('id').where('user_id', '=', userId))
    .where((eb) => eb.or([eb('counter', '<', String(counter)), eb.and([eb('counter', '=', '0'), eb(eb.val(counter), '=', 0)])]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Accepts only a time step after the last accepted one (RFC 6238 section 5.2). */
async function consumeTotp(tx: Tx, userId: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ last_counter: String(counter) })
    .where('user_id', '=', userId)
    .where('type', '=', 'totp')
    .where((eb) => eb.or([eb('last_counter', 'is', null), eb('last_counter', '<', String(counter))]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function consumeRecoveryCode(tx: Tx, userId: string, digest: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ secret: sql<string>`(secret::jsonb - ${digest}::text)::text` })
    .where('user_id', '=', userId)
    .where('type', '=', 'recovery')
    .where(sql<boolean>`secret::jsonb @> to_jsonb(${digest}::text)`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
