import { type RawBuilder, sql } from 'kysely';

/**
 * The right side of `column = any(...)`. Unlike with an `IN` list, the statement is the same for
 * any number of values, so PostgreSQL keeps its plan. An empty list matches no row.
 *
 * A single value is compared directly. For an array that it doesn't know yet, PostgreSQL assumes
 * ten values, and may plan the statement again for each array. A statement that is prepared once,
 * and usually gets a single value, therefore needs a variant for it.
 */
export function anyOf(type: 'bigint' | 'text', values: readonly string[]): RawBuilder<string> {
  if (values.length === 1) return sql<string>`${values[0]}::${sql.raw(type)}`;
  return sql<string>`any(${values}::${sql.raw(type)}[])`;
}
