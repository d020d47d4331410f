import { type Kysely, sql } from 'kysely';

const statements = [
  // When the erasure of the user was accepted. Since then, nothing changes the account.
  sql`ALTER TABLE users ADD COLUMN erased_at timestamptz`,
  // Anyone could choose the name, but only an erasure also disabled the user under this address.
  sql`UPDATE users SET erased_at = now() WHERE NOT is_active AND password_hash IS NULL
    AND email = 'erased-' || id || '@users.invalid' AND name = 'Erased user ' || id`,
];

/** Older versions recognize erased users by their address. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
