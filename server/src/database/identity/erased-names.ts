import { sql } from 'kysely';
import type { DeriveToken } from '../../runtime/secrets/derived-tokens.ts';
import type { Tx } from '../database.ts';
import { isTrustedAddress } from './user-emails.ts';

/**
 * Digests of the external ids and proved addresses of erased users. They are made with SECRET, so
 * the table reveals no name. Without them, an erased user would look like one who does not exist
 * yet.
 */

type NameKind = 'email' | 'external';

export function digestOfName(derive: DeriveToken, kind: NameKind, name: string): string {
  return derive('erased-name', kind, kind === 'email' ? name.toLowerCase() : name);
}

/**
 * Saves the addresses by which tokens named the user. Anyone can add the address of another person
 * to their account, and that person must not be refused permanently. Call it before the addresses
 * and the external id of the user are removed.
 */
export async function saveErasedNames(tx: Tx, userId: string, derive: DeriveToken): Promise<void> {
  const emails = await tx.selectFrom('user_emails').select('email').where('user_id', '=', userId).where(isTrustedAddress).execute();
  const user = await tx.selectFrom('users').select('external_id').where('id', '=', userId).executeTakeFirst();
  const digests = emails.map(({ email }) => digestOfName(derive, 'email', email));
  if (user?.external_id) digests.push(digestOfName(derive, 'external', user.external_id));
  await sql`INSERT INTO erased_names (digest) SELECT unnest(${digests}::text[]) ON CONFLICT DO NOTHING`.execute(tx);
}
