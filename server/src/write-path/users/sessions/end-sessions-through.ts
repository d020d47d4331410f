import { sql } from 'kysely';
import { sessionEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { sessionsPerSweepMax } from './end-old-sessions.ts';
import { removeSessions } from './end-sessions.ts';

export interface EndSessionsThrough {
  /** The id of the last session that ends. Sessions that began later have higher ids. */
  readonly throughId: string;
}

interface Facts {
  readonly sessions: readonly { readonly id: string; readonly user_id: string }[];
  /** Whether these are the last ones. */
  readonly isComplete: boolean;
}

export interface EndedThrough {
  readonly ended: number;
  readonly isComplete: boolean;
}

/**
 * Ends the sessions of all users up to an id, the oldest first, some of them per revision. It is
 * repeated until it is complete. It is a command on the server's own stream, so that every
 * instance closes the sockets of the sessions (rule A5).
 */
export const endSessionsThrough: Command<EndSessionsThrough, Facts, EndedThrough> = {
  name: 'end-sessions-through',
  endsAccess: () => true,

  async load(tx, { throughId }) {
    const found = await tx
      .selectFrom('sessions')
      .select(['id', 'user_id'])
      .where(sql<boolean>`sessions.id <= ${throughId}::bigint`)
      .orderBy('id')
      .limit(sessionsPerSweepMax + 1)
      .forUpdate()
      .execute();
    return { sessions: found.slice(0, sessionsPerSweepMax), isComplete: found.length <= sessionsPerSweepMax };
  },

  decide(_input, { sessions, isComplete }) {
    return { changes: sessions.map(({ id, user_id }) => sessionEnded(id, user_id)), result: { ended: sessions.length, isComplete } };
  },

  async persistSideEffects(tx, _decision, _context, { sessions }) {
    await removeSessions(
      tx,
      sessions.map(({ id }) => id),
    );
  },
};
