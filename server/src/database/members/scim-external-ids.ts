import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';

/** The ids by which an identity provider knows members and teams. Not part of a record. */

export type ExternalTable = 'members' | 'teams';

/**
 * The external ids by the id of the member or team. Those without one are absent.
 */
export async function readExternalIds(
  db: Db,
  table: ExternalTable,
  orgId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom(table)
    .select(['id', 'scim_external_id'])
    .where('organization_id', '=', orgId)
    .where('id', '=', anyOf('bigint', ids))
    .execute();
  return new Map(rows.flatMap(({ id, scim_external_id }) => (scim_external_id === null ? [] : [[id, scim_external_id]])));
}

export async function saveExternalId(tx: Tx, table: ExternalTable, orgId: string, id: string, externalId: string | null): Promise<void> {
  await tx.updateTable(table).set({ scim_external_id: externalId }).where('organization_id', '=', orgId).where('id', '=', id).execute();
}

/** Forgets the ids of all members and teams. Another identity provider may give them to others. */
export async function deleteExternalIds(tx: Tx, orgId: string): Promise<void> {
  for (const table of ['members', 'teams'] as const) {
    await tx
      .updateTable(table)
      .set({ scim_external_id: null })
      .where('organization_id', '=', orgId)
      .where('scim_external_id', 'is not', null)
      .execute();
  }
}
