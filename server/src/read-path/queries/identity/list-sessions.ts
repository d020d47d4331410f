import type { Db } from '../../../database/database.ts';

export interface ListedSession {
  readonly id: string;
  readonly dateCreated: string;
  readonly dateLastUsed: string;
  readonly expiresAt: string;
  readonly ipAddress: string | null;
  readonly userAgent: string;
}

/** A user's sessions, the most recently used first. */
export async function listSessions(db: Db, userId: string): Promise<ListedSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'date_created', 'date_last_used', 'expires_at', 'ip_address', 'user_agent'])
    .where('user_id', '=', userId)
    .orderBy('date_last_used', 'desc')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    dateCreated: row.date_created,
    dateLastUsed: row.date_last_used,
    expiresAt: row.expires_at,
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
  }));
}
