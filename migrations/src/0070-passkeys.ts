import { type Kysely, sql } from 'kysely';

/**
 * Older versions don't read the tables. They count a user with only passkeys as one without a
 * second factor. Their resets and erasures delete the user's row of `authenticators`, and with it
 * the passkeys.
 */
export const isAdditive = true;

const statements = [
  sql`ALTER TABLE authenticators DROP CONSTRAINT authenticators_type_check,
    ADD CONSTRAINT authenticators_type_check CHECK (type IN ('totp', 'recovery', 'webauthn'))`,

  // The passkeys of a user belong to one row of type 'webauthn', which exists as long as they do.
  sql`CREATE TABLE passkeys (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    authenticator_id bigint NOT NULL REFERENCES authenticators ON DELETE CASCADE,
    credential_id text NOT NULL CONSTRAINT passkeys_credential_id_key UNIQUE,
    user_handle text NOT NULL,
    public_key text NOT NULL,
    counter bigint NOT NULL,
    transports jsonb NOT NULL,
    name text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    date_last_used timestamptz
  )`,
  sql`CREATE INDEX passkeys_authenticator_id_idx ON passkeys (authenticator_id)`,

  // Challenges that a passkey has answered, until they would have expired.
  sql`CREATE TABLE used_challenges (
    nonce text PRIMARY KEY,
    expires_at timestamptz NOT NULL
  )`,
  sql`CREATE INDEX used_challenges_expires_at_idx ON used_challenges (expires_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
