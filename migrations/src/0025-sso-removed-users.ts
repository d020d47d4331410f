import { type Kysely, sql } from 'kysely';

const statements = [
  // People whose member was removed, linked or not. No login at the provider makes them members again.
  sql`CREATE TABLE sso_removed_users (
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The user's address at that time, in lower case: the person could remove it from the account.
    email text NOT NULL,
    CONSTRAINT sso_removed_users_pkey PRIMARY KEY (provider_id, user_id)
  )`,
  sql`CREATE INDEX sso_removed_users_user_id_idx ON sso_removed_users (user_id)`,
  sql`CREATE INDEX sso_removed_users_email_idx ON sso_removed_users (provider_id, email)`,
];

/** Older versions remember only the members whose identity was linked. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
