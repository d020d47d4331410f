import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';

/** A correct code that may already have been used. */
export type SecondFactorUse = { readonly type: 'totp'; readonly counter: number } | { readonly type: 'recovery'; readonly digest: string };

/**
 * Consumes a code in the caller's transaction. Returns false if it was used before or does not
 * belong to the user. One of two concurrent uses succeeds.
 */
export function consumeSecondFactor(tx: Tx, userId: string, use: SecondFactorUse): Promise<boolean> {
  return use.type === 'totp' ? consumeTotp(tx, userId, use.counter) : consumeRecoveryCode(tx, userId, use.digest);
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
