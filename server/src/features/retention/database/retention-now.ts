import type { RetentionRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';

export interface RetentionNow {
  /** Null if the organization has the defaults. */
  readonly retention: RetentionRecord | null;
  /** The clock of the database, which also decides what is old (`daysAgo`). */
  readonly now: string;
}

export async function readRetentionNow(db: Db, orgId: string): Promise<RetentionNow> {
  const { rows } = await sql<{ now: string; retention: Omit<RetentionRecord, 'id'> | null }>`
    SELECT clock_timestamp() AS now, (SELECT retention FROM retentions WHERE organization_id = ${orgId}) AS retention`.execute(db);
  const { now, retention } = rows[0]!;
  return { now, retention: retention && { id: orgId, ...retention } };
}
