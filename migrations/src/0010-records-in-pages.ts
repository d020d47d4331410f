import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/**
 * A large organization is read in pages: each begins where the one before ended, without a look at what is before that.
 * Other records are few, or in an order of their own already.
 */
const statements = [
  sql`CREATE INDEX members_organization_id_id_idx ON members (organization_id, id)`,
  sql`CREATE INDEX team_members_organization_id_team_id_member_id_idx ON team_members (organization_id, team_id, member_id)`,
  sql`DROP INDEX team_members_organization_id_idx`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
