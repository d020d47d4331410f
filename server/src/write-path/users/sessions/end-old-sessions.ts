import { type RawBuilder, sql } from 'kysely';
import { sessionEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { removeSessions } from './end-sessions.ts';

export interface EndOldSessions {
  readonly idleDaysMax: number;
}

interface OldSession {
  readonly id: string;
  readonly user_id: string;
}

/** The number of sessions per revision, which has some 100 KB in the log. */
export const sessionsPerSweepMax = 500;

/** Expired, or not used for too long. */
export function isExpiredOrIdle(idleDaysMax: number): RawBuilder<boolean> {
  return sql<boolean>`(sessions.expires_at <= now()
    OR sessions.date_last_used <= now() - make_interval(days => ${idleDaysMax}::integer))`;
}

/**
 * Ends idle sessions by a command on the server's own stream, so that their sockets close on every
 * instance (rule A5).
 */
export const endOldSessions: Command<EndOldSessions, readonly OldSession[], { readonly ended: number }> = {
  name: 'end-old-sessions',

  load(tx, { idleDaysMax }) {
    // A locked row is being updated because its session was just used.
    return tx
      .selectFrom('sessions')
      .select(['id', 'user_id'])
      .where(isExpiredOrIdle(idleDaysMax))
      .orderBy('id')
      .limit(sessionsPerSweepMax)
      .forUpdate()
      .skipLocked()
      .execute();
  },

  decide(_input, sessions) {
    return { changes: sessions.map(({ id, user_id }) => sessionEnded(id, user_id)), result: { ended: sessions.length } };
  },

  async persistSideEffects(tx, _decision, _context, sessions) {
    await removeSessions(
      tx,
      sessions.map(({ id }) => id),
    );
  },
};
