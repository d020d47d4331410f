import { sql } from 'kysely';
import type pg from 'pg';
import { findPoolerProblem } from '../connections/pooler.ts';
import type { Db } from '../database.ts';

/** The oldest version that the tests run against. */
const majorVersionMin = 15;

/**
 * Returns why a PostgreSQL server that responds cannot be used. The text continues a sentence about
 * DATABASE_URL. Null if the server can be used.
 */
export async function findSetupProblem(db: Db, connect: () => Promise<pg.Client>): Promise<string | null> {
  const { rows } = await sql<{ version: number; versionText: string; encoding: string }>`
    SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS "versionText",
      current_setting('server_encoding') AS encoding`.execute(db);
  const { version, versionText, encoding } = rows[0]!;
  if (version < majorVersionMin * 10_000) return `points to PostgreSQL ${versionText}, but Rollcall requires ${majorVersionMin} or newer`;
  if (encoding !== 'UTF8') return `points to a database with the encoding ${encoding}. Create the database with ENCODING 'UTF8'`;
  return findPoolerProblem(connect);
}
