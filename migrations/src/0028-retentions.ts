import { type Kysely, sql } from 'kysely';

/** Older versions don't know the record, and keep it when they save other records. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE retentions (
    organization_id bigint PRIMARY KEY,
    -- The record without its id.
    retention jsonb NOT NULL
  )`.execute(db);
}
