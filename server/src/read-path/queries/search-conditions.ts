import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** What an unknown search key asks for (spec: 1.3). */
export const nothing = sql<SqlBool>`false`;

/** Free text, in any case. `strpos` rather than LIKE, in which `%` and `_` would have a meaning. */
export function nameOrSlugContains(table: 'teams' | 'projects', text: string): RawBuilder<SqlBool> {
  const name = sql.ref(`${table}.name`);
  const slug = sql.ref(`${table}.slug`);
  const wanted = sql`lower(${text}::text)`;
  return sql<SqlBool>`(strpos(lower(${name}), ${wanted}) > 0 OR strpos(${slug}, ${wanted}) > 0)`;
}
