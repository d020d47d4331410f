import { type Kysely, sql } from 'kysely';

const statements = [
  // Without a default at first, so that PostgreSQL doesn't rewrite the table. Earlier rows have no
  // transaction id: feeds read all heads when they start.
  sql`ALTER TABLE change_log ADD COLUMN IF NOT EXISTS xid xid8`,
  // From the database, so that the rows of instances of an older version have it too.
  sql`ALTER TABLE change_log ALTER COLUMN xid SET DEFAULT pg_current_xact_id()`,
  // One entry per revision. The operator may have built it beforehand: see docs/operating.md.
  sql`CREATE INDEX IF NOT EXISTS change_log_xid_idx ON change_log (xid) WHERE idx = 0 AND xid IS NOT NULL`,

  // Organizations whose head was deleted, or got a new epoch. Both have no revision that is left in
  // the log. The rows are kept for an hour.
  sql`CREATE TABLE moved_heads (
    head_id bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    moved_at timestamptz NOT NULL DEFAULT now()
  )`,
  sql`CREATE FUNCTION add_moved_head() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO moved_heads (head_id) VALUES (OLD.organization_id);
      RETURN NULL;
    END $$`,
  sql`CREATE TRIGGER org_heads_moved AFTER DELETE OR UPDATE OF epoch ON org_heads FOR EACH ROW EXECUTE FUNCTION add_moved_head()`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
