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

/** One text for a token and its organization, for {@link findOrgTokens}. */
export function orgTokenKey(orgId: string, tokenId: string): string {
  return `${orgId}/${tokenId}`;
}

/** Returns the keys of the given organization tokens that still exist. */
export async function findOrgTokens(db: Db, keys: readonly string[]): Promise<string[]> {
  const tokens = keys.map((key) => key.split('/') as [orgId: string, tokenId: string]);
  const orgIds = [...new Set(tokens.map(([orgId]) => orgId))];
  const tokenIds = tokens.map(([, tokenId]) => tokenId);
  const rows = await db
    .selectFrom('auth_tokens')
    .select(['organization_id', 'id'])
    .where('organization_id', '=', anyOf('bigint', orgIds))
    .where('id', '=', anyOf('bigint', tokenIds))
    .where('user_id', 'is', null)
    .execute();
  return rows.map(({ organization_id, id }) => orgTokenKey(organization_id!, id));
}
