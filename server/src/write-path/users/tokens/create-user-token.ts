import type { Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { assertAtMost } from '../../commands/notice-limits.ts';
import { allocateId } from '../../load-state.ts';
import type { WritePath } from '../../run-command.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { type AccountOwner, inUserTransaction } from '../user-transaction.ts';

/** The stored part of a token, without its text. */
export interface StoredToken {
  readonly hash: string;
  readonly lastCharacters: string;
}

export interface CreateUserToken extends AccountOwner {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly token: StoredToken;
  /** ISO 8601. Null for a token that never expires. */
  readonly expiresAt: string | null;
  /** Binds the token to one organization (REST contract 10.2). */
  readonly organizationId: string | null;
  /** Whether the user gets a mail. */
  readonly isNotified: boolean;
}

/**
 * Creates a user's token and returns its id. The token is not part of any organization's state, so
 * creating it is not a command, but revoking it is. The number of tokens that users create
 * themselves is limited.
 * @throws OrgError as `inUserTransaction`; `invalid` above the limit
 */
export function createUserToken(path: WritePath, input: CreateUserToken): Promise<string> {
  return inUserTransaction(path, input, async (tx) => {
    if (input.credential !== null) await refuseTooMany(tx, input.userId, path.limits.tokensPerUser);
    const id = await insertToken(tx, input);
    return { result: id, mails: input.isNotified ? await loadAccountNotices(tx, input.userId, 'token-created') : [] };
  });
}

async function insertToken(tx: Tx, { userId, name, scopes, token, expiresAt, organizationId }: CreateUserToken): Promise<string> {
  const id = await allocateId(tx);
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

/**
 * The user is locked, so that concurrent calls are counted one after the other.
 * @throws OrgError `invalid`
 */
async function refuseTooMany(tx: Tx, userId: string, max: number): Promise<void> {
  const { count } = await tx
    .selectFrom('auth_tokens')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('user_id', '=', userId)
    .where(sql<boolean>`coalesce(expires_at > clock_timestamp(), true)`)
    .executeTakeFirstOrThrow();
  assertAtMost(count + 1, max, 'You have too many tokens; remove some first.');
}
