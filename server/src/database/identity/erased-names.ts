import { sql } from 'kysely';
import type { DeriveToken } from '../../runtime/derived-tokens.ts';
import type { Tx } from '../database.ts';

/**
 * Digests of the external ids and addresses of erased users. They are made with SECRET, so the
 * table reveals no name. Without them, an erased user would look like one who does not exist yet.
 */

type NameKind = 'email' | 'external';

export function digestOfName(derive: DeriveToken, kind: NameKind, name: string): string {
  return derive('erased-name', kind, kind === 'email' ? name.toLowerCase() : name);
}

/** Call it before the addresses and the external id of the user are removed. */
export async function saveErasedNames(tx: Tx, userId: string, derive: DeriveToken): Promise<void> {
  const emails = await tx.selectFrom('user_emails').select('email').where('user_id', '=', userId).execute();
  const user = await tx.selectFrom('users').select('external_id').where('id', '=', userId).executeTakeFirst();
  const digests = emails.map(({ email }) => digestOfName(derive, 'email', email));
  if (user?.external_id) digests.push(digestOfName(derive, 'external', user.external_id));
  await sql`INSERT INTO erased_names (digest) SELECT unnest(${digests}::text[]) ON CONFLICT DO NOTHING`.execute(tx);
}
