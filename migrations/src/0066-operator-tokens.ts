import { type Kysely, sql } from 'kysely';

const statements = [
  sql`CREATE TABLE operator_tokens (
    id bigint PRIMARY KEY,
    -- Audit logs show it.
    name text NOT NULL UNIQUE,
    token_hash text NOT NULL UNIQUE,
    token_last_characters text NOT NULL,
    scopes jsonb NOT NULL,
    -- The name of the operator who created it.
    created_by text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    date_last_used timestamptz
  )`,
  // Its rows give access, see 0062.
  sql`CREATE TRIGGER break_installation_seal AFTER TRUNCATE ON operator_tokens
    FOR EACH STATEMENT EXECUTE FUNCTION break_installation_seal()`,
  // Null for entries of other actors, and for those of former versions.
  sql`ALTER TABLE audit_entries ADD COLUMN operator_name text`,
  // The operator who requested the job. Null for other requests.
  sql`ALTER TABLE jobs ADD COLUMN operator_name text`,
];

/** Older versions refuse the tokens as unknown, and record no names of operators. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
