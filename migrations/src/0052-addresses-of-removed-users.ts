import { type Kysely, sql } from 'kysely';

const statements = [
  // The user's verified addresses at each removal, in lower case: the person could remove them from
  // the account. They are compared with those of logins, and never shown.
  sql`ALTER TABLE sso_removed_users ADD COLUMN addresses text[] NOT NULL DEFAULT '{}'`,
  sql`CREATE INDEX sso_removed_users_addresses_idx ON sso_removed_users USING gin (addresses)`,
];

/** Older versions write and compare the primary address only. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
