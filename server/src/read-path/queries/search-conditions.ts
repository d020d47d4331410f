import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { searchMark } from '../../database/statement-marks.ts';

/** The condition of an unknown search key (REST contract 1.3). */
export const matchesNothing = sql<SqlBool>`false`;

/** The condition of each search key. */
export type SearchConditions<Args extends readonly unknown[]> = Readonly<Record<string, (...args: Args) => Expression<SqlBool>>>;

/** Marks a condition that is a part of a search. */
export function inSearch(condition: Expression<SqlBool>): Expression<SqlBool> {
  return sql<SqlBool>`${sql.raw(searchMark)} ${condition}`;
}

/**
 * The condition of one filter. Only the table's own keys count, because every object inherits
 * `constructor` and the like.
 */
export function conditionOf<Args extends readonly unknown[]>(
  conditions: SearchConditions<Args>,
  key: string,
  ...args: Args
): Expression<SqlBool> {
  return inSearch(Object.hasOwn(conditions, key) ? conditions[key]!(...args) : matchesNothing);
}

/** Converts values for columns that are compared in lower case. */
export function inLowerCase(values: readonly string[]): string[] {
  return values.map((value) => value.toLowerCase());
}

/** Free text, without case. Uses `strpos` instead of LIKE, in which `%` and `_` have a meaning. */
export function nameOrSlugContains(table: 'organizations' | 'teams' | 'projects', text: string): RawBuilder<SqlBool> {
  const name = sql.ref(`${table}.name`);
  const slug = sql.ref(`${table}.slug`);
  const wanted = sql`lower(${text}::text)`;
  return sql<SqlBool>`(strpos(lower(${name}), ${wanted}) > 0 OR strpos(${slug}, ${wanted}) > 0)`;
}
