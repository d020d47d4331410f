import { type RawBuilder, sql } from 'kysely';

/**
 * The right side of `column = any(...)`. Unlike with an `IN` list, the statement is the same for
 * any number of values, so PostgreSQL keeps its plan. An empty list matches no row.
 */
export function anyOf(type: 'bigint' | 'text', values: readonly string[]): RawBuilder<string> {
  return sql<string>`any(${values}::${sql.raw(type)}[])`;
}
