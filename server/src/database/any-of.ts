import { type RawBuilder, sql } from 'kysely';

/**
 * The right side of `column = any(...)`. Unlike with an `IN` list, the statement is the same for
 * any number of values, so PostgreSQL keeps its plan. An empty list matches no row.
 *
 * One value is compared directly: PostgreSQL expects ten values in an array that it doesn't know
 * yet, and then plans the statement for each array again. Values of a prepared statement are not
 * known here either, so one that usually gets one value needs a variant for that.
 */
export function anyOf(type: 'bigint' | 'text', values: readonly string[]): RawBuilder<string> {
  if (values.length === 1) return sql<string>`${values[0]}::${sql.raw(type)}`;
  return sql<string>`any(${values}::${sql.raw(type)}[])`;
}
