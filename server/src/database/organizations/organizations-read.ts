import { sql } from 'kysely';
import { isStorable } from '../../runtime/storable-text.ts';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';

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
