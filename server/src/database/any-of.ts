import { type RawBuilder, sql } from 'kysely';

/**
 * The right side of `column = any(...)`. Unlike an `IN` list it is the same statement whatever the number of values, so
 * that its plan is kept, and with no values it finds nothing.
 */
export function anyOf(type: 'bigint' | 'text', values: readonly string[]): RawBuilder<string> {
  return sql<string>`any(${values}::${sql.raw(type)}[])`;
}
