import type { ExternalIdRecord } from '@rollcall/protocol';
import type { Selectable } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import type { Schema } from '../schema.ts';

export const externalIdColumns = ['subject', 'external_id'] as const;

export function externalIdFromRow(row: Pick<Selectable<Schema['external_ids']>, (typeof externalIdColumns)[number]>): ExternalIdRecord {
  return { id: row.subject, externalId: row.external_id };
}

export interface ExternalIdFilter {
  /** Ids of users, or `organization`. */
  readonly subjects?: readonly string[];
  readonly externalId?: string;
}

export async function readExternalIdRecords(db: Db, orgId: string, filter: ExternalIdFilter = {}): Promise<ExternalIdRecord[]> {
  let query = db.selectFrom('external_ids').select(externalIdColumns).where('organization_id', '=', orgId);
  if (filter.subjects) query = query.where('subject', '=', anyOf('text', filter.subjects));
  if (filter.externalId !== undefined) query = query.where('external_id', '=', filter.externalId);
  return (await query.execute()).map(externalIdFromRow);
}

/** The current external ids of users, as records. Users without one are absent. */
export async function readUserExternalIds(db: Db, userIds: readonly string[]): Promise<ExternalIdRecord[]> {
  const rows = await db
    .selectFrom('users')
    .select(['id', 'external_id'])
    .where('id', '=', anyOf('bigint', userIds))
    .where('external_id', 'is not', null)
    .execute();
  return rows.map(({ id, external_id }) => ({ id, externalId: external_id! }));
}
