import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/** Requests for places on teams are records of an organization, counted and read in pages as the others are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX access_requests_organization_id_id_idx ON access_requests (organization_id, id)`.execute(db);
}
