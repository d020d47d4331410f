import { type Kysely, sql } from 'kysely';

/** Ids of the operator's own systems. They are compared byte by byte, as OpenID Connect compares `sub`. */
const statements = [
  sql`ALTER TABLE users ADD COLUMN external_id text COLLATE "C"`,
  sql`CREATE UNIQUE INDEX users_external_id_key ON users (external_id)`,
  sql`ALTER TABLE organizations ADD COLUMN external_id text COLLATE "C"`,
  sql`CREATE UNIQUE INDEX organizations_external_id_key ON organizations (external_id)`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
