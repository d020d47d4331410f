import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';

export interface CountedSessions {
  readonly sessions: number;
  readonly users: number;
  /** The id of the newest session. */
  readonly lastId: string | null;
}

/** Counts the sessions of all users. */
export function countSessions(db: Db): Promise<CountedSessions> {
  return db
    .selectFrom('sessions')
    .select([
      sql<number>`count(*)::integer`.as('sessions'),
      sql<number>`count(DISTINCT user_id)::integer`.as('users'),
      sql<string | null>`max(id)`.as('lastId'),
    ])
    .executeTakeFirstOrThrow();
}
