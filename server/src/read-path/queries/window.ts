import { type RawBuilder, sql } from 'kysely';

/** The rows of one page (REST contract 1.2). */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** Rows at or beyond `value` (milliseconds since the epoch), the first `offset` of them skipped (REST contract 1.2). */
export interface DateWindow {
  /** Null starts at the newest. */
  readonly value: number | null;
  readonly offset: number;
  /** Towards the newer, oldest first. Else towards the older, newest first. */
  readonly isPrevious: boolean;
  readonly limit: number;
}

/** A cursor has milliseconds, so rows are compared as such. As numbers: a cursor may name a year that no timestamp has. */
export function millisecondsOf(column: string): RawBuilder<number> {
  return sql<number>`floor(extract(epoch FROM ${sql.ref(column)}) * 1000)`;
}
