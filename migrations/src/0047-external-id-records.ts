import { type Kysely, sql } from 'kysely';

/** The external ids of an organization and of its members' users, as records of the organization. */
const statements = [
  sql`CREATE TABLE external_ids (
    organization_id bigint NOT NULL,
    -- The id of a user, or 'organization'.
    subject text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, subject)
  )`,
  sql`CREATE INDEX external_ids_by_external_id ON external_ids (organization_id, external_id)`,
  sql`INSERT INTO external_ids (organization_id, subject, external_id)
    SELECT id, 'organization', external_id FROM organizations WHERE external_id IS NOT NULL
    UNION ALL
    SELECT members.organization_id, users.id::text, users.external_id
    FROM members JOIN users ON users.id = members.user_id WHERE users.external_id IS NOT NULL`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
