import { type RawBuilder, sql } from 'kysely';

/** The rows of one page (REST contract 1.2). */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/**
 * A page of rows at or beyond `value` (milliseconds since the epoch), without the first `offset` of
 * them (REST contract 1.2).
 */
export interface DateWindow {
  /** Null starts at the newest row. */
  readonly value: number | null;
  readonly offset: number;
  /**
   * Whether the page goes towards newer rows, oldest first. Otherwise it goes towards older rows,
   * newest first.
   */
  readonly isPrevious: boolean;
  readonly limit: number;
}

/**
 * A timestamp in milliseconds, because cursors have milliseconds. The values are numbers, because a
 * cursor may name a year that no timestamp has.
 */
export function millisecondsOf(column: string): RawBuilder<number> {
  return sql<number>`floor(extract(epoch FROM ${sql.ref(column)}) * 1000)`;
}
