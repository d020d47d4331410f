import { type Kysely, sql } from 'kysely';

const statements = [
  // The organizations that were removed, kept for good. An organization that is missing without
  // such a row was lost by a restore or by an operator's statement.
  sql`CREATE TABLE organization_removals (
    organization_id bigint PRIMARY KEY,
    removed_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`INSERT INTO organization_removals (organization_id, removed_at) SELECT organization_id, removed_at FROM removed_organizations`,
  // A trigger, because instances of earlier versions remove organizations too during an upgrade.
  sql`CREATE FUNCTION record_organization_removal() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      INSERT INTO organization_removals (organization_id) VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END
  $$`,
  sql`CREATE TRIGGER record_organization_removal AFTER INSERT ON removed_organizations
    FOR EACH ROW EXECUTE FUNCTION record_organization_removal()`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
