import type { Collection, Scope } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';

export interface ServiceTokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly collections: readonly Collection[] | null;
  readonly addresses: readonly string[] | null;
  readonly tokenLastCharacters: string;
  readonly dateCreated: string;
  readonly expiresAt: string | null;
  readonly dateLastUsed: string | null;
  readonly lastUsedAddress: string | null;
}

/** All service tokens, in the order of creation. Their texts are not stored. */
export async function listServiceTokens(db: Db): Promise<ServiceTokenRow[]> {
  const rows = await db
    .selectFrom('service_tokens')
    .select(['id', 'name', 'scopes', 'collections', 'addresses', 'token_last_characters'])
    .select(['date_created', 'expires_at', 'date_last_used', 'last_used_address'])
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    collections: row.collections as Collection[] | null,
    addresses: row.addresses as string[] | null,
    tokenLastCharacters: row.token_last_characters,
    dateCreated: row.date_created,
    expiresAt: row.expires_at,
    dateLastUsed: row.date_last_used,
    lastUsedAddress: row.last_used_address,
  }));
}
