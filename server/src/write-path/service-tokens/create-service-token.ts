import type { Collection, Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import { assertAtMost } from '../commands/notice-limits.ts';
import { allocateId } from '../load-state.ts';
import type { WritePath } from '../run-command.ts';

export interface CreateServiceToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null for all collections. */
  readonly collections: readonly Collection[] | null;
  /** Null for any address. */
  readonly addresses: readonly string[] | null;
  /** ISO 8601. Null for a token that never expires. */
  readonly expiresAt: string | null;
  /** The stored parts of the token's text. */
  readonly token: { readonly hash: string; readonly lastCharacters: string };
}

/**
 * Creates a service token and returns its id. Like a user's token, it is not part of any
 * organization's state, so creating it is not a command, but revoking it is.
 * @throws OrgError `invalid` above the limit
 */
export async function createServiceToken({ database, limits }: WritePath, input: CreateServiceToken): Promise<string> {
  try {
    return await database.db.transaction().execute(async (tx) => {
      await refuseTooMany(tx, limits.serviceTokens);
      return insertToken(tx, input);
    });
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

/**
 * Expired tokens don't count, and are deleted. The lock makes concurrent calls count one after the
 * other.
 */
async function refuseTooMany(tx: Tx, max: number): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('service-tokens', 0))`.execute(tx);
  await tx.deleteFrom('service_tokens').where('expires_at', '<=', sql<string>`clock_timestamp()`).execute();
  const { count } = await tx.selectFrom('service_tokens').select(sql<number>`count(*)::integer`.as('count')).executeTakeFirstOrThrow();
  assertAtMost(count + 1, max, 'There are too many service tokens; revoke some first.');
}

async function insertToken(tx: Tx, { name, scopes, collections, addresses, expiresAt, token }: CreateServiceToken): Promise<string> {
  const id = await allocateId(tx);
  await tx
    .insertInto('service_tokens')
    .values({
      id,
      name,
      token_hash: token.hash,
      token_last_characters: token.lastCharacters,
      scopes: JSON.stringify(scopes),
      collections: collections && JSON.stringify(collections),
      addresses: addresses && JSON.stringify(addresses),
      expires_at: expiresAt,
    })
    .execute();
  return id;
}
