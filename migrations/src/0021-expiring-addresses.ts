import { type Kysely, sql } from 'kysely';

const statements = [
  // The first expiry of the rules in the list, so that a sweep finds the lists with expired rules.
  sql`ALTER TABLE ip_allow_lists ADD COLUMN next_expiry timestamptz`,
  sql`CREATE INDEX ip_allow_lists_next_expiry_idx ON ip_allow_lists (next_expiry) WHERE next_expiry IS NOT NULL`,
];

/** Older versions never write rules that expire. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
