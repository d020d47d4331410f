import type { AuthTokenRecord } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { authTokenColumns, authTokenFromRow } from '../records/records-read.ts';

/** An organization's tokens: the record, and what changes too often to be one. */
export interface StoredOrgToken {
  readonly record: AuthTokenRecord;
  /** Written at most once a minute. */
  readonly dateLastUsed: string | null;
}

/**
 * Last used first, those never used last, then by name, then the newest (REST contract 10.1).
 * @param tokenId narrows to one
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

/** Of these tokens of organizations, those that are there. */
export async function findOrgTokens(db: Db, tokenIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('auth_tokens')
    .select('id')
    .where('id', '=', anyOf('bigint', tokenIds))
    .where('user_id', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
