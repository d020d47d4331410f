import { type Kysely, sql } from 'kysely';

// Each sweep looks up the transactions since the previous one. After an operator gave all
// organizations a new epoch, the table has a row for each of them, for an hour.
const statement = sql`CREATE INDEX ON moved_heads (xid)`;

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await statement.execute(db);
}
