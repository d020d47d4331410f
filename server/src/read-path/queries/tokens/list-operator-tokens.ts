import type { OperatorScope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';

export interface OperatorTokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly OperatorScope[];
  readonly tokenLastCharacters: string;
  readonly createdBy: string;
  readonly dateCreated: string;
  readonly expiresAt: string;
  readonly dateLastUsed: string | null;
}

/** The valid tokens of the operator, in the order of creation. Their texts are not stored. */
export async function listOperatorTokens(db: Db): Promise<OperatorTokenRow[]> {
  const rows = await db
    .selectFrom('operator_tokens')
    .select(['id', 'name', 'scopes', 'token_last_characters', 'created_by', 'date_created', 'expires_at', 'date_last_used'])
    .where('expires_at', '>', sql<string>`clock_timestamp()`)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes as OperatorScope[],
    tokenLastCharacters: row.token_last_characters,
    createdBy: row.created_by,
    dateCreated: row.date_created,
    expiresAt: row.expires_at,
    dateLastUsed: row.date_last_used,
  }));
}
