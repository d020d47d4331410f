import { type Kysely, sql } from 'kysely';

/** Older versions delete the secrets with the other rows of a removed organization. */
export const isAdditive = true;

/** The secrets of an integration are needed to end its connection at the provider. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE org_secrets DROP CONSTRAINT org_secrets_organization_id_fkey`.execute(db);
}
