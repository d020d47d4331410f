import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** Whether a row of `organizations` has this slug. The index is on lower-case slugs. */
export function hasSlug(slug: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`lower(organizations.slug) = lower(${slug}) and organizations.slug = ${slug}`;
}
