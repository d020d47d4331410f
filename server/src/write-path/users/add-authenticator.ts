import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import { notFound } from '../../domain/authorize.ts';
import type { WritePath } from '../run-command.ts';
import { requestRefresh } from './request-refresh.ts';

export interface AddAuthenticator {
  readonly userId: string;
  readonly type: 'totp' | 'recovery';
  /** Encrypted or digested; the text is the user's. */
  readonly kept: string;
}

/**
 * Enrols a second factor or recovery codes, in place of earlier ones of that type. It ends nobody's access, so it is no
 * command; the members' copies of the user follow: run `refreshMembersOf` next.
 * @throws OrgError `not-found` for an unknown user
 */
export async function addAuthenticator({ database }: WritePath, input: AddAuthenticator): Promise<void> {
  try {
    await database.db.transaction().execute((tx) => enrol(tx, input));
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

async function enrol(tx: Tx, { userId, type, kept }: AddAuthenticator): Promise<void> {
  // Waits for those who are making this user a member, so that the refresh finds the member.
  const user = await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().executeTakeFirst();
  if (!user) throw notFound();
  await tx
    .insertInto('authenticators')
    .values({ user_id: userId, type, secret: kept })
    .onConflict((conflict) => conflict.columns(['user_id', 'type']).doUpdateSet({ secret: kept, last_counter: null }))
    .execute();
  await requestRefresh(tx, userId);
}
