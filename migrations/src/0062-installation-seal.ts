import { type Kysely, sql } from 'kysely';

/** Tables whose rows give or end access. Emptying one of them breaks the seal. */
const tables = [
  'org_heads',
  'change_log',
  'organizations',
  'organization_removals',
  'users',
  'user_emails',
  'sessions',
  'session_sso',
  'auth_tokens',
  'service_tokens',
  'members',
  'teams',
  'team_members',
  'projects',
  'project_teams',
  'auth_providers',
  'sso_identities',
  'ip_allow_lists',
];

const statements = [
  // The identity of this installation, and the transaction that wrote the row. A restore writes the
  // row in another transaction, so `xmin` differs. See docs/adr/0048.
  sql`INSERT INTO server_values (name, value)
    SELECT 'installation', json_build_object(
      'installation', gen_random_uuid(), 'xid', pg_current_xact_id()::text, 'epochs', json_build_array(epoch))::text
    FROM org_heads WHERE organization_id = 0`,
  // The update changes nothing but `xmin`.
  sql`CREATE FUNCTION break_installation_seal() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      UPDATE server_values SET value = value WHERE name = 'installation';
      RETURN NULL;
    END
  $$`,
  ...tables.map(
    (table) => sql`CREATE TRIGGER break_installation_seal AFTER TRUNCATE ON ${sql.table(table)}
      FOR EACH STATEMENT EXECUTE FUNCTION break_installation_seal()`,
  ),
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
