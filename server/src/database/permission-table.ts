import { noPermissions, type PermissionTable } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from './database.ts';

/**
 * The permission table in force, as JSON in the table `server_values`. The log of organization 0
 * has it too, but is pruned.
 */
const name = 'permissions';

export async function readPermissionTable(db: Db): Promise<PermissionTable> {
  const { rows } = await sql<{ value: string }>`SELECT value FROM server_values WHERE name = ${name}`.execute(db);
  return rows[0] ? JSON.parse(rows[0].value) : noPermissions;
}

export async function savePermissionTable(tx: Tx, table: PermissionTable): Promise<void> {
  await sql`
    INSERT INTO server_values (name, value) VALUES (${name}, ${JSON.stringify(table)})
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`.execute(tx);
}
