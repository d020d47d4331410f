import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import { notFound } from '../../domain/authorize.ts';
import { hasQueuedMail } from '../../mail/enqueue-mail.ts';
import type { WritePath } from '../run-command.ts';

/**
 * A change to what belongs to a user and to no organization, and ends nobody's access: so it is no command. The user's row
 * is held: changes to one user come one after the other, and whoever makes them a member waits, so that a refresh finds it.
 * @throws OrgError `not-found` for an unknown user
 */
export async function inUserTransaction<T>(path: WritePath, userId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    const { result, hasMail } = await path.database.db.transaction().execute(async (tx) => {
      const user = await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().executeTakeFirst();
      if (!user) throw notFound();
      return { result: await work(tx), hasMail: hasQueuedMail(tx) };
    });
    if (hasMail) path.wakeMail();
    return result;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
