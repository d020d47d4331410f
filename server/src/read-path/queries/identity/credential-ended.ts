import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import type { UsedCredential } from '../../../domain/actor.ts';

/** Whether a session or token has ended since it authenticated a request. */
export async function hasEnded(db: Db, { kind, id }: UsedCredential): Promise<boolean> {
  const row = await db
    .selectFrom(kind === 'session' ? 'sessions' : 'auth_tokens')
    .select('id')
    .where('id', '=', id)
    .where(sql<boolean>`coalesce(expires_at > clock_timestamp(), true)`)
    .executeTakeFirst();
  return row === undefined;
}
