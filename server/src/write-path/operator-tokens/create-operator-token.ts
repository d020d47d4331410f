import { type OperatorScope, OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { translateDatabaseError, violatedUnique } from '../../database/translate-error.ts';
import { storedLimits } from '../../runtime/limits/rows/stored.ts';
import { assertAtMost } from '../commands/notice-limits.ts';
import { allocateId } from '../load-state.ts';
import type { WritePath } from '../run-command.ts';

export interface CreateOperatorToken {
  readonly name: string;
  readonly scopes: readonly OperatorScope[];
  /** ISO 8601. */
  readonly expiresAt: string;
  /** The name of the operator who creates it. */
  readonly createdBy: string;
  /** The stored parts of the token's text. */
  readonly token: { readonly hash: string; readonly lastCharacters: string };
}

/**
 * Creates a token of the operator and returns its id. No socket is opened with such a token, and
 * each request reads it, so neither creating nor revoking it is a command.
 * @throws OrgError `invalid` above the limit; `already-exists` for the name of another token
 */
export async function createOperatorToken({ database }: WritePath, input: CreateOperatorToken): Promise<string> {
  try {
    return await database.db.transaction().execute(async (tx) => {
      await refuseTooMany(tx);
      return insertToken(tx, input);
    });
  } catch (error) {
    if (violatedUnique(error) === 'operator_tokens_name_key')
      throw new OrgError('already-exists', 'Another operator token has this name. Revoke it first, or choose another name.');
    throw translateDatabaseError(error);
  }
}

/**
 * Expired tokens don't count, and are deleted, so that their names are free. The lock makes
 * concurrent calls count one after the other.
 */
async function refuseTooMany(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('operator-tokens', 0))`.execute(tx);
  await tx.deleteFrom('operator_tokens').where('expires_at', '<=', sql<string>`clock_timestamp()`).execute();
  const { count } = await tx.selectFrom('operator_tokens').select(sql<number>`count(*)::integer`.as('count')).executeTakeFirstOrThrow();
  assertAtMost(count + 1, storedLimits.operatorTokens.value, 'There are too many operator tokens; revoke some first.');
}

async function insertToken(tx: Tx, { name, scopes, expiresAt, createdBy, token }: CreateOperatorToken): Promise<string> {
  const id = await allocateId(tx);
  await tx
    .insertInto('operator_tokens')
    .values({
      id,
      name,
      token_hash: token.hash,
      token_last_characters: token.lastCharacters,
      scopes: JSON.stringify(scopes),
      created_by: createdBy,
      expires_at: expiresAt,
    })
    .execute();
  return id;
}
