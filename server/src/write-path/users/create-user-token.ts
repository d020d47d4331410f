import type { Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import { notFound } from '../../domain/authorize.ts';
import { takeId } from '../load-state.ts';
import type { WritePath } from '../run-command.ts';

/** What is kept of a token: never its text. */
export interface KeptToken {
  readonly hash: string;
  readonly lastCharacters: string;
}

export interface CreateUserToken {
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly token: KeptToken;
  /** ISO 8601; null has no end. */
  readonly expiresAt: string | null;
  /** Binds the token to one organization (spec: 10.2). */
  readonly organizationId: string | null;
}

/**
 * A user's token is no part of any organization's state, so nobody need hear of its beginning; its end is a command.
 * Gives the token's id.
 * @throws OrgError `not-found` for an unknown user
 */
export async function createUserToken({ database }: WritePath, input: CreateUserToken): Promise<string> {
  try {
    return await database.db.transaction().execute((tx) => insertToken(tx, input));
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

async function insertToken(tx: Tx, { userId, name, scopes, token, expiresAt, organizationId }: CreateUserToken): Promise<string> {
  const user = await tx.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst();
  if (!user) throw notFound();
  const id = await takeId(tx);
  await tx
    .insertInto('auth_tokens')
    .values({
      id,
      user_id: userId,
      organization_id: organizationId,
      name,
      token_hash: token.hash,
      token_last_characters: token.lastCharacters,
      scopes: JSON.stringify(scopes),
      date_created: sql<string>`clock_timestamp()`,
      expires_at: expiresAt,
    })
    .execute();
  return id;
}
