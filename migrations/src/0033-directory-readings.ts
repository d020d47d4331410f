import { type Kysely, sql } from 'kysely';

const statements = [
  // Failed readings since the last successful one.
  sql`ALTER TABLE directory_reads ADD COLUMN attempts int NOT NULL DEFAULT 0`,
  // The differences that a person confirmed, for the next reading. Null without any.
  sql`ALTER TABLE directory_reads ADD COLUMN confirmed jsonb`,
];

/** Older versions read no directories. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
