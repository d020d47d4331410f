import { type Kysely, sql } from 'kysely';

const statements = [
  // Without a default at first, so that PostgreSQL doesn't rewrite the table. Earlier rows have no
  // transaction id: feeds read all heads when they start.
  sql`ALTER TABLE change_log ADD COLUMN IF NOT EXISTS xid xid8`,
  // From the database, so that the rows of instances of an older version have it too.
  sql`ALTER TABLE change_log ALTER COLUMN xid SET DEFAULT pg_current_xact_id()`,
  // One entry per revision. The operator may have built it beforehand: see docs/operating.md.
  sql`CREATE INDEX IF NOT EXISTS change_log_xid_idx ON change_log (xid) WHERE idx = 0 AND xid IS NOT NULL`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
