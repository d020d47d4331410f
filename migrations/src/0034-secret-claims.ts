import { type Kysely, sql } from 'kysely';

const statements = [
  // The claim of an instance that is replacing the secret, so that no two replace it at once.
  sql`ALTER TABLE org_secrets ADD COLUMN lease text`,
  sql`ALTER TABLE org_secrets ADD COLUMN leased_until timestamptz`,
];

/** Older versions replace no secret that a provider has issued. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
