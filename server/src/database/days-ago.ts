import { type RawBuilder, sql } from 'kysely';

/** The time before which data of this age was created, by the clock of the database. */
export function daysAgo(days: number): RawBuilder<string> {
  return sql<string>`now() - make_interval(days => ${days})`;
}
