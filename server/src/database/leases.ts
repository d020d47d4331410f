import { type RawBuilder, sql } from 'kysely';

/**
 * The parts of statements that all queues share. An instance claims a row with a lease, which is a
 * random text, until `leased_until`. Each later write of the instance names the lease, so an
 * instance whose claim has passed to another one changes nothing.
 */

/** A time from now. */
export function inMs(ms: number | RawBuilder<number>): RawBuilder<string> {
  return sql<string>`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}

export const isUnclaimed = sql<boolean>`(leased_until IS NULL OR leased_until <= clock_timestamp())`;

/** The values that end a claim. */
export const unclaimed = { lease: null, leased_until: null } as const;

/** A pause that doubles with each attempt, by the column `attempts` before it is increased. */
export function doublingMs(msMin: number, msMax: number): RawBuilder<number> {
  return sql<number>`least(${sql.lit(msMax)}, ${sql.lit(msMin)} * 2 ^ least(attempts, 30))`;
}
