import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { sessionEnded, userAccessChanged } from '../../domain/server-stream.ts';
import type { Command } from '../command.ts';
import { forgetResets } from './email-tokens.ts';
import { readSessionIds, removeSessions } from './end-sessions.ts';
import { notifyUser } from './notify-user.ts';
import { requestRefresh } from './request-refresh.ts';

/** Where commands on users run. */
export { serverStreamId } from '../../domain/server-stream.ts';

/** Absent fields stay as they are. */
export interface UpdateUser {
  readonly userId: string;
  readonly name?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly passwordHash?: string;
  /** The session that the change is asked for in goes on; a new password ends all others. */
  readonly keptSessionId?: string;
  /** Refuses when the password is another one by now: the caller knew this one. */
  readonly ifPasswordHash?: string;
}

interface Facts {
  readonly update: UpdateUser;
  readonly wasActive: boolean;
  /** Those that the change ends. */
  readonly sessionIds: readonly string[];
}

/**
 * A command on the server's own stream. The members' copies of the user follow as revisions of their organizations:
 * run `refreshMembersOf` next.
 */
export const updateUser: Command<UpdateUser, Facts, null> = {
  name: 'update-user',
  endsAccess: ({ isActive, passwordHash }) => isActive === false || passwordHash !== undefined,

  async load(tx, update) {
    // Locked: a login that is under way comes before this and is ended by it, or after it and is judged anew.
    const user = await tx
      .selectFrom('users')
      .select(['is_active', 'password_hash'])
      .where('id', '=', update.userId)
      .forUpdate()
      .executeTakeFirst();
    if (!user) throw notFound();
    if (update.ifPasswordHash !== undefined && update.ifPasswordHash !== user.password_hash) throw passwordMoved();
    const endsSessions = update.isActive === false || update.passwordHash !== undefined;
    const sessionIds = endsSessions ? await readSessionIds(tx, update.userId) : [];
    return { update, wasActive: user.is_active, sessionIds: sessionIds.filter((id) => id !== update.keptSessionId) };
  },

  decide({ userId, isActive }, { wasActive, sessionIds }) {
    const isChanged = isActive !== undefined && isActive !== wasActive;
    const access = isChanged ? [userAccessChanged(userId, isActive)] : [];
    return { changes: [...access, ...sessionIds.map((id) => sessionEnded(id, userId))], result: null };
  },

  async saveRest(tx, _decision, { actor }, { update, sessionIds }) {
    await saveUser(tx, update);
    if (update.passwordHash !== undefined) await forgetResets(tx, update.userId);
    if (update.passwordHash !== undefined && actor.kind === 'user') await notifyUser(tx, update.userId, 'password-changed');
    await removeSessions(tx, sessionIds);
    if (update.isActive === false) await endTokens(tx, update.userId);
    await requestRefresh(tx, update.userId);
  },
};

function passwordMoved(): OrgError {
  return new OrgError('invalid', 'The password was changed meanwhile.');
}

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
