import assert from 'node:assert/strict';
import { migrations } from '@rollcall/migrations';
import { sql } from 'kysely';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Database, Db } from '../../../server/src/database/database.ts';
import { migrateUp } from '../../../server/src/database/migrations/migrate.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';

/** The statements of a version without the column `organization_id`. */
const olderInserts: Readonly<Record<string, (id: number) => string>> = {
  project_bookmarks: (id) => `INSERT INTO project_bookmarks (user_id, project_id) VALUES (${id}, ${id}) ON CONFLICT DO NOTHING`,
  export_pieces: (id) => `WITH claimed AS (UPDATE exports SET leased_until = now() WHERE id = ${id} RETURNING id)
    INSERT INTO export_pieces (export_id, number, bytes) SELECT id, 0, '' FROM claimed`,
  certificate_warnings: (id) => `INSERT INTO certificate_warnings (provider_id, fingerprint, days) VALUES (${id}, '', 7)`,
  sso_removed_users: (id) => `INSERT INTO sso_removed_users (provider_id, user_id, email) VALUES (${id}, ${id}, '')
    ON CONFLICT (provider_id, user_id) DO UPDATE SET email = excluded.email`,
  sso_seen: (id) => `INSERT INTO sso_seen (provider_id, assertion_id, expires_at) VALUES (${id}, '', now()) ON CONFLICT DO NOTHING`,
};

/** The last migration of the previous version, and those that add the column. */
const migrated = Object.keys(migrations).filter((name) => name >= '0053' && name < '0057');

describe('tables whose rows belong to a row of an organization', () => {
  let empty: TestDatabase;
  let database: Database;
  let db: Db;

  before(async () => {
    empty = await (await sharedPostgres()).createDatabase();
    database = openPostgres(empty.url, createLog('silent'));
    db = database.db;
    await addAtEachMigration();
  });
  after(async () => {
    await database?.close();
    await empty?.drop();
  });

  const execute = (statement: string) => sql.raw(statement).execute(db);
  const organizationsOf = async (table: string) => {
    const { rows } = await sql<{ id: string }>`SELECT organization_id AS id FROM ${sql.table(table)} ORDER BY 1`.execute(db);
    return rows.map(({ id }) => Number(id));
  };

  /** Adds rows as an older version does, before, between and after the migrations. */
  async function addAtEachMigration(): Promise<void> {
    for (const [index, name] of migrated.entries()) {
      await migrateUp(database, { known: Object.fromEntries(Object.entries(migrations).filter(([other]) => other <= name)) });
      // The ids of the other rows differ from that of their organization.
      const [orgId, id] = [100 + index, 1 + index];
      await execute(`INSERT INTO users (id, email) VALUES (${id}, '${id}')`);
      await execute(`INSERT INTO projects (id, organization_id, slug, name, date_created) VALUES (${id}, ${orgId}, '', '', now())`);
      await execute(
        `INSERT INTO exports (id, organization_id, with_history, date_created, expires_at) VALUES (${id}, ${orgId}, false, now(), now())`,
      );
      await execute(`INSERT INTO auth_providers (id, organization_id, provider) VALUES (${id}, ${orgId}, '{}')`);
      for (const insert of Object.values(olderInserts)) await execute(insert(id));
      // A row that may not be filled yet.
      await execute(olderInserts.sso_removed_users!(1));
    }
  }

  it('[H-31] have its organization in rows that an older version adds before, between and after the migrations', async () => {
    for (const table of Object.keys(olderInserts)) assert.deepEqual(await organizationsOf(table), [100, 101, 102, 103], table);
  });

  it('accept no other organization than that of the row, and lose their rows with it', async () => {
    for (const table of Object.keys(olderInserts)) {
      const update = execute(`UPDATE ${table} SET organization_id = 101 WHERE organization_id = 100`);
      await assert.rejects(update, /violates foreign key constraint/, table);
    }
    for (const parent of ['projects', 'exports', 'auth_providers']) await execute(`DELETE FROM ${parent} WHERE organization_id = 100`);
    for (const table of Object.keys(olderInserts)) assert.deepEqual(await organizationsOf(table), [101, 102, 103], table);
  });
});
