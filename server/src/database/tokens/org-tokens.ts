import type { AuthTokenRecord } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { authTokenColumns, authTokenFromRow } from '../records/records-read.ts';

/** An organization token: its record, and the value that changes too often to be in it. */
export interface StoredOrgToken {
  readonly record: AuthTokenRecord;
  /** Written at most once a minute. */
  readonly dateLastUsed: string | null;
}

/**
 * Tokens in the order of last use, the latest first and unused ones last, then by name, then the
 * newest first (REST contract 10.1).
 * @param tokenId restricts the result to one token
 */
export async function readOrgTokens(db: Db, orgId: string, tokenId?: string): Promise<StoredOrgToken[]> {
  let query = db
    .selectFrom('auth_tokens')
    .select([...authTokenColumns, 'date_last_used'])
    .where('organization_id', '=', orgId)
    .where('user_id', 'is', null);
  if (tokenId !== undefined) query = query.where('id', '=', tokenId);
  const rows = await query
    .orderBy('date_last_used', (order) => order.desc().nullsLast())
    .orderBy('name')
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => ({ record: authTokenFromRow(row), dateLastUsed: row.date_last_used }));
}

/** Returns the given organization tokens that still exist. */
export async function findOrgTokens(db: Db, tokenIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('auth_tokens')
    .select('id')
    .where('id', '=', anyOf('bigint', tokenIds))
    .where('user_id', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
