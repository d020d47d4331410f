import { sql } from 'kysely';
import type pg from 'pg';
import { findPoolerProblem } from '../connections/pool/pooler.ts';
import type { Db } from '../database.ts';

/** The oldest version that the tests run against. */
const majorVersionMin = 15;

interface Setup {
  readonly version: number;
  readonly versionText: string;
  readonly encoding: string;
  /** The user of the connection, quoted for a statement. */
  readonly role: string;
  readonly dateStyle: string;
  readonly isolation: string;
}

/**
 * Returns why a PostgreSQL server that responds cannot be used. The text continues a sentence about
 * DATABASE_URL. Null if the server can be used.
 */
export async function findSetupProblem(db: Db, connect: () => Promise<pg.Client>): Promise<string | null> {
  const { rows } = await sql<Setup>`
    SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS "versionText",
      current_setting('server_encoding') AS encoding, quote_ident(current_user) AS role, current_setting('datestyle') AS "dateStyle",
      current_setting('default_transaction_isolation') AS isolation`.execute(db);
  const { version, versionText, encoding } = rows[0]!;
  if (version < majorVersionMin * 10_000) return `points to PostgreSQL ${versionText}, but Rollcall requires ${majorVersionMin} or newer`;
  if (encoding !== 'UTF8') return `points to a database with the encoding ${encoding}. Create the database with ENCODING 'UTF8'`;
  return findSettingProblem(rows[0]!) ?? findPoolerProblem(connect);
}

/**
 * Timestamps are read in the style ISO. A decision must see what was committed before it got its
 * lock (rule W2), which only `read committed` shows.
 */
function findSettingProblem({ role, dateStyle, isolation }: Setup): string | null {
  const refuse = (setting: string, value: string, needed: string) =>
    `points to a database whose ${setting} is ${value}, but Rollcall requires ${needed}. Run ALTER ROLE ${role} SET ${setting} = '${needed}'`;
  if (!dateStyle.startsWith('ISO')) return refuse('datestyle', dateStyle, 'ISO');
  return isolation === 'read committed' ? null : refuse('default_transaction_isolation', isolation, 'read committed');
}
