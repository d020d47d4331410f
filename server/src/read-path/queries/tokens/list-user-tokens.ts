import type { Scope } from '@rollcall/protocol';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';

export interface UserTokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly tokenLastCharacters: string;
  readonly dateCreated: string;
  readonly dateLastUsed: string | null;
  readonly expiresAt: string | null;
}

/** The user whose tokens are listed. */
export interface TokenOwner {
  readonly userId: string;
  /** Lists only tokens that are bound to one of these organizations. Null lists all. */
  readonly boundOrgIds: ReadonlySet<string> | null;
}

/**
 * A user's own tokens, in the order of creation. Only the last characters of their texts are
 * stored.
 */
export async function listUserTokens(db: Db, { userId, boundOrgIds }: TokenOwner): Promise<UserTokenRow[]> {
  const rows = await db
    .selectFrom('auth_tokens')
    .select(['id', 'name', 'scopes', 'token_last_characters', 'date_created', 'date_last_used', 'expires_at'])
    .where('user_id', '=', userId)
    .$if(boundOrgIds !== null, (tokens) => tokens.where('organization_id', '=', anyOf('bigint', [...boundOrgIds!])))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    tokenLastCharacters: row.token_last_characters,
    dateCreated: row.date_created,
    dateLastUsed: row.date_last_used,
    expiresAt: row.expires_at,
  }));
}
