import { isId, type OrgState } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readDefaultOrganizationId } from '../../../database/organizations/default-organization.ts';
import { hasSlug } from '../../../database/organizations/organization-slug.ts';
import { prepared } from '../../../database/prepared.ts';
import { readCallerState } from '../../../database/records/caller-state-read.ts';
import { type Actor, userIdOf } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';

/** Finds an organization by id or slug. */
export async function findOrganization(db: Db, idOrSlug: string): Promise<{ id: string; slug: string } | null> {
  const [row = null] = await (isId(idOrSlug) ? selectById : selectBySlug)(db, idOrSlug);
  return row;
}

const selectById = prepared((db, id: string) => db.selectFrom('organizations').select(['id', 'slug']).where('id', '=', id).compile());

const selectBySlug = prepared((db, slug: string) => db.selectFrom('organizations').select(['id', 'slug']).where(hasSlug(slug)).compile());

/**
 * Finds the ids of many organizations by slug or id, in one query. Names without an organization
 * are absent.
 */
export async function findOrganizationIds(db: Db, names: readonly string[]): Promise<Map<string, string>> {
  const ids = names.filter(isId);
  // PostgreSQL rejects some characters even in a query, so no organization has such a name.
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
 * Reads the state against which a reading caller's access is evaluated: the organization, and the
 * caller's member with its teams.
 * @throws OrgError `not-found`
 */
export async function readStateForCaller(db: Db, orgId: string, actor: Actor): Promise<OrgState> {
  const state = await readCallerState(db, orgId, userIdOf(actor));
  if (!state) throw notFound();
  return state;
}

/**
 * The organization that can't be removed, and that new users of a single-organization server join
 * (REST contract 14). Null while there is none.
 */
export function findDefaultOrganization(db: Db, configured: string | null): Promise<string | null> {
  return readDefaultOrganizationId(db, configured);
}
