import { isId, type OrgState } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readDefaultOrganizationId } from '../../../database/organizations/default-organization.ts';
import { prepared } from '../../../database/prepared.ts';
import { readCallerState } from '../../../database/records/caller-state-read.ts';
import { type Actor, userIdOf } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { isStorable } from '../../../runtime/storable-text.ts';

/** Looks an organization up by id or slug. */
export async function findOrganization(db: Db, idOrSlug: string): Promise<{ id: string; slug: string } | null> {
  const [row = null] = await (isId(idOrSlug) ? selectById : selectBySlug)(db, idOrSlug);
  return row;
}

const selectById = prepared((db, id: string) => db.selectFrom('organizations').select(['id', 'slug']).where('id', '=', id).compile());

/** The index is on slugs in lower case. */
const selectBySlug = prepared((db, slug: string) =>
  db.selectFrom('organizations').select(['id', 'slug']).where(sql<boolean>`lower(slug) = lower(${slug}) and slug = ${slug}`).compile(),
);

/** Ids of many organizations by what they were called, slug or id, in one query. What does not exist is absent. */
export async function findOrganizationIds(db: Db, names: readonly string[]): Promise<Map<string, string>> {
  const ids = names.filter(isId);
  // PostgreSQL cannot even be asked for some characters, so nothing has such a name.
  const slugs = names.filter((name) => !isId(name) && isStorable(name));
  const lowerSlugs = slugs.map((slug) => slug.toLowerCase());
  const rows = await db
    .selectFrom('organizations')
    .select(['id', 'slug'])
    .where(sql<boolean>`id = any(${ids}::bigint[]) or (lower(slug) = any(${lowerSlugs}::text[]) and slug = any(${slugs}::text[]))`)
    .execute();
  const found = new Map(rows.flatMap(({ id, slug }) => [[id, id] as const, [slug, id] as const]));
  return new Map(names.flatMap((name) => (found.has(name) ? [[name, found.get(name)!] as const] : [])));
}

/**
 * What a caller is judged by when they read: the organization and their own member with teams.
 * @throws OrgError `not-found`
 */
export async function readStateForCaller(db: Db, orgId: string, actor: Actor): Promise<OrgState> {
  const state = await readCallerState(db, orgId, userIdOf(actor));
  if (!state) throw notFound();
  return state;
}

/** The organization that cannot be removed and that new users of a single-organization server join (REST contract 14). Null while there is none. */
export function findDefaultOrganization(db: Db, configured: string | null): Promise<string | null> {
  return readDefaultOrganizationId(db, configured);
}
