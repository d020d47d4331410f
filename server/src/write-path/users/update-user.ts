import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { userAccessChanged } from '../../domain/server-stream.ts';
import type { Command } from '../command.ts';
import { requestRefresh } from './request-refresh.ts';

/** Where commands on users run. */
export { serverStreamId } from '../../domain/server-stream.ts';

/** Absent fields stay as they are. */
export interface UpdateUser {
  readonly userId: string;
  readonly name?: string;
  readonly isActive?: boolean;
  readonly passwordHash?: string;
}

interface Facts {
  readonly update: UpdateUser;
  readonly wasActive: boolean;
}

/**
 * A command on the server's own stream. The members' copies of the user follow as revisions of their organizations:
 * run `refreshMembersOf` next.
 */
export const updateUser: Command<UpdateUser, Facts, null> = {
  name: 'update-user',

  async load(tx, update) {
    const user = await tx.selectFrom('users').select('is_active').where('id', '=', update.userId).executeTakeFirst();
    if (!user) throw notFound();
    return { update, wasActive: user.is_active };
  },

  decide({ userId, isActive }, { wasActive }) {
    const isChanged = isActive !== undefined && isActive !== wasActive;
    return { changes: isChanged ? [userAccessChanged(userId, isActive)] : [], result: null };
  },

  async saveRest(tx, _decision, _context, { update }) {
    await saveUser(tx, update);
    if (update.isActive === false) await endTokens(tx, update.userId);
    await requestRefresh(tx, update.userId);
  },
};

async function saveUser(tx: Tx, { userId, name, isActive, passwordHash }: UpdateUser): Promise<void> {
  const columns = {
    ...(name === undefined ? {} : { name }),
    ...(isActive === undefined ? {} : { is_active: isActive }),
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
  };
  if (Object.keys(columns).length > 0) await tx.updateTable('users').set(columns).where('id', '=', userId).execute();
}

/** For good: whoever took them must not have them back when the user is let in again. They stay as expired ones, so that one can see which there were. */
async function endTokens(tx: Tx, userId: string): Promise<void> {
  await tx
    .updateTable('auth_tokens')
    .set({ expires_at: sql<string>`least(expires_at, clock_timestamp())` })
    .where('user_id', '=', userId)
    .execute();
}
