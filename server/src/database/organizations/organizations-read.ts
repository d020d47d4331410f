import { sql } from 'kysely';
import { isStorable } from '../../runtime/text/storable-text.ts';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';

/**
 * Returns, in lower case, the given slugs that an organization already has. Slugs that differ only
 * in case count as equal (REST contract 5.3).
 */
export async function readTakenOrgSlugs(db: Db, slugs: readonly string[]): Promise<ReadonlySet<string>> {
  const wanted = slugs.map((slug) => slug.toLowerCase()).filter(isStorable);
  if (wanted.length === 0) return new Set();
  const slugInLowerCase = sql<string>`lower(slug)`;
  const rows = await db
    .selectFrom('organizations')
    .select(slugInLowerCase.as('slug'))
    .where(slugInLowerCase, '=', anyOf('text', wanted))
    .execute();
  return new Set(rows.map(({ slug }) => slug));
}

/** Null if the organization has no external id. */
export async function readOrgExternalId(db: Db, orgId: string): Promise<string | null> {
  const row = await db.selectFrom('organizations').select('external_id').where('id', '=', orgId).executeTakeFirst();
  return row?.external_id ?? null;
}

export async function saveOrgExternalId(tx: Tx, orgId: string, externalId: string | null): Promise<void> {
  await tx.updateTable('organizations').set({ external_id: externalId }).where('id', '=', orgId).execute();
}
