import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';

/** What an unknown search key asks for (REST contract 1.3). */
export const nothing = sql<SqlBool>`false`;

/** What each search key asks of a row. */
export type SearchConditions<Args extends readonly unknown[]> = Readonly<Record<string, (...args: Args) => Expression<SqlBool>>>;

/** What one filter asks for. Of the table's own keys: `constructor` and the like are on every object. */
export function conditionOf<Args extends readonly unknown[]>(
  conditions: SearchConditions<Args>,
  key: string,
  ...args: Args
): Expression<SqlBool> {
  return Object.hasOwn(conditions, key) ? conditions[key]!(...args) : nothing;
}

/** Free text, in any case. `strpos` rather than LIKE, in which `%` and `_` would have a meaning. */
export function nameOrSlugContains(table: 'teams' | 'projects', text: string): RawBuilder<SqlBool> {
  const name = sql.ref(`${table}.name`);
  const slug = sql.ref(`${table}.slug`);
  const wanted = sql`lower(${text}::text)`;
  return sql<SqlBool>`(strpos(lower(${name}), ${wanted}) > 0 OR strpos(${slug}, ${wanted}) > 0)`;
}
