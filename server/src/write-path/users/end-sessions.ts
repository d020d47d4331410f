import type { Db, Tx } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { sessionEnded } from '../../domain/server-stream.ts';
import type { Command } from '../command.ts';

export interface EndSessions {
  readonly userId: string;
  /** Null ends all of them. */
  readonly sessionId: string | null;
}

/** A command on the server's own stream: what the sessions opened is closed through the log, on every instance (rule A5). */
export const endSessions: Command<EndSessions, readonly string[], { readonly ended: number }> = {
  name: 'end-sessions',
  endsAccess: () => true,

  async look(db, { userId, sessionId }) {
    const ids = await readSessionIds(db, userId);
    if (sessionId === null ? ids.length === 0 : !ids.includes(sessionId)) throw notFound();
  },

  async load(tx, { userId, sessionId }) {
    const ids = await readSessionIds(tx, userId);
    return sessionId === null ? ids : ids.filter((id) => id === sessionId);
  },

  decide({ userId }, ids) {
    return { changes: ids.map((id) => sessionEnded(id, userId)), result: { ended: ids.length } };
  },

  saveRest: (tx, _decision, _context, ids) => removeSessions(tx, ids),
};

/** In one order, as they go into the log. */
export async function readSessionIds(tx: Db, userId: string): Promise<string[]> {
  const rows = await tx.selectFrom('sessions').select('id').where('user_id', '=', userId).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export async function removeSessions(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.deleteFrom('sessions').where('id', 'in', ids).execute();
}
