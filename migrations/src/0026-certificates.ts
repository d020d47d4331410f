import { type Kysely, sql } from 'kysely';

const statements = [
  // Warnings that the owners were mailed before the end of a provider's last certificate.
  sql`CREATE TABLE certificate_warnings (
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    fingerprint text NOT NULL,
    -- The step: the number of days before the end.
    days int NOT NULL,
    CONSTRAINT certificate_warnings_pkey PRIMARY KEY (provider_id, fingerprint, days)
  )`,

  // PEM. The successor of sp_certificate, which the metadata also contains. Null without one.
  sql`ALTER TABLE auth_provider_configs ADD COLUMN next_sp_certificate text`,
];

/** Older versions mail no warnings, and use sp_certificate alone. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
