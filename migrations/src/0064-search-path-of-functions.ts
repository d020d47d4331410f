import { type Kysely, sql } from 'kysely';

const functions = ['add_removed_members', 'add_moved_head', 'set_organization_of_child', 'enqueue_refresh'];

/** The triggers find their tables also for a session with another search_path, such as a restore. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of functions) await sql`ALTER FUNCTION ${sql.raw(name)}() SET search_path FROM CURRENT`.execute(db);
}
