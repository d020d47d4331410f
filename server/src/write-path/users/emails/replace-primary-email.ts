import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';

/**
 * Replaces the primary address among the user's addresses, for an operator who knows that the new
 * one is theirs. The previous address and its links are removed, because it may belong to another
 * person now. So are the links that remove the new address.
 */
export async function replacePrimaryEmail(tx: Tx, userId: string, previous: string, email: string): Promise<void> {
  const address = sql<string>`lower(email)`;
  if (previous.toLowerCase() !== email.toLowerCase()) {
    await tx.deleteFrom('user_emails').where('user_id', '=', userId).where(address, '=', previous.toLowerCase()).execute();
  }
  const { rows } = await sql<{ id: string }>`
    INSERT INTO user_emails (user_id, email, is_verified) VALUES (${userId}, ${email}, true)
    ON CONFLICT (user_id, lower(email)) DO UPDATE SET email = excluded.email, is_verified = true, verified_at = NULL
    RETURNING id`.execute(tx);
  await tx.deleteFrom('email_tokens').where('email_id', '=', rows[0]!.id).execute();
}
