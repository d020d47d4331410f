import { type Kysely, sql } from 'kysely';

/** Older versions claim a mail by a later `next_attempt_at` alone, and count the attempt. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE mail_outbox ADD COLUMN lease text`.execute(db);
}
