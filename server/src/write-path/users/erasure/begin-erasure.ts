import { sql } from 'kysely';
import { insertErasure } from '../../../database/identity/erasures.ts';
import { notFound } from '../../../domain/authorize.ts';
import { userAccessChanged } from '../../../domain/server-stream.ts';
import { newJob } from '../../../jobs/enqueue-job.ts';
import type { Command } from '../../command.ts';
import { lockUser } from '../lock-credentials.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from '../sessions/end-sessions.ts';
import { eraseUserKind } from './erase-user-kind.ts';

export interface BeginErasure {
  readonly userId: string;
  /** False if the user erases their own account. */
  readonly isByOperator: boolean;
  /** The organizations that the erasure begins with. */
  readonly orgIds: readonly string[];
}

interface Facts extends BeginErasure {
  readonly isErased: boolean;
  readonly wasActive: boolean;
  readonly ended: EndedCredentials;
}

/**
 * Accepts the erasure of a user, by a command on the server's own stream: the user's access ends
 * everywhere, and the account can't be changed any more. A job does the rest. The caller has
 * checked that no organization refuses. Returns false, and changes nothing, if the erasure was
 * accepted before.
 */
export const beginErasure: Command<BeginErasure, Facts, boolean> = {
  name: 'begin-erasure',
  endsAccess: () => true,

  async load(tx, input) {
    // A command that adds the user as a member either commits first, or finds an erased user.
    const user = await lockUser(tx, input.userId);
    if (!user) throw notFound();
    const ended = { sessionIds: await readSessionIds(tx, input.userId), tokenIds: await readTokenIds(tx, input.userId) };
    return { ...input, isErased: user.isErased, wasActive: user.isActive, ended };
  },

  decide({ userId }, { isErased, wasActive, ended }) {
    if (isErased) return { changes: [], result: false };
    const access = wasActive ? [userAccessChanged(userId, false)] : [];
    return {
      changes: [...access, ...credentialsEnded(userId, ended)],
      jobs: [newJob(eraseUserKind, userId, { userId })],
      result: true,
    };
  },

  async persistSideEffects(tx, { result: isNew }, _context, { ended, ...erasure }) {
    if (!isNew) return;
    const { userId } = erasure;
    await removeCredentials(tx, ended);
    await tx.deleteFrom('email_tokens').where('user_id', '=', userId).execute();
    await tx
      .updateTable('users')
      .set({ is_active: false, password_hash: null, erased_at: sql<string>`clock_timestamp()` })
      .where('id', '=', userId)
      .execute();
    await insertErasure(tx, erasure);
  },
};
