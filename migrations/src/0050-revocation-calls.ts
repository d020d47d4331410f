import { type Kysely, sql } from 'kysely';

const statements = [
  // Until when the provider may still execute the latest call. Null before the first call.
  sql`ALTER TABLE provider_revocations ADD COLUMN called_until timestamptz`,
  // Without secrets. The row is kept for an hour, for connections that began before the call ended.
  sql`ALTER TABLE provider_revocations ADD COLUMN is_ended boolean NOT NULL DEFAULT false`,
];

/** Older versions don't mark their calls, and repeat an ended revocation without secrets. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
