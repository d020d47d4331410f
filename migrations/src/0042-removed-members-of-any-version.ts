import { type Kysely, sql } from 'kysely';

const statements = [
  // During an upgrade, instances of a version without the table remove members too.
  sql`CREATE FUNCTION add_removed_members() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO removed_members (organization_id, member_id, user_id)
        SELECT organization_id, id, coalesce(user_id, (detached_user ->> 'id')::bigint) FROM removed
        ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$`,
  sql`CREATE TRIGGER members_removed AFTER DELETE ON members REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION add_removed_members()`,
];

/** Older versions that add the rows themselves find them there. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
