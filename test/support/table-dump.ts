import { sql } from 'kysely';
import type { Db } from '../../server/src/database/database.ts';

// biome-ignore lint/suspicious/noExplicitAny: a row of any table
export type Row = Record<string, any>;

/** All rows of all tables, by table and primary key, so that a new table is part of it. */
export type Dump = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export async function dumpTables(db: Db): Promise<Dump> {
  const { rows: tables } = await sql<{ name: string; key: string[] | null }>`
    SELECT tables.table_name AS name, (
      SELECT array_agg(attname::text ORDER BY attname) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = any(indkey)
      WHERE indrelid = (quote_ident(tables.table_schema) || '.' || quote_ident(tables.table_name))::regclass AND indisprimary) AS key
    FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY name`.execute(db);
  const dump = new Map<string, Map<string, Row>>();
  for (const { name, key } of tables) {
    const { rows } = await sql<{ row: Row }>`SELECT to_jsonb(t) AS row FROM ${sql.table(name)} AS t`.execute(db);
    dump.set(name, new Map(rows.map(({ row }) => [JSON.stringify(key ? key.map((column) => row[column]) : row), row])));
  }
  return dump;
}
