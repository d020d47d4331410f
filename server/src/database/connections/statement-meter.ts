import pg from 'pg';
import { isDatabaseGone } from '../translate-error.ts';

/** Receives the duration of each statement and the class of each failure. */
export interface StatementMeter {
  observeStatement(seconds: number): void;
  countDatabaseError(errorClass: string): void;
}

export const noMeter: StatementMeter = { observeStatement() {}, countDatabaseError() {} };

/**
 * Returns the first two characters of the SQLSTATE. Without a SQLSTATE, returns `connection` for a
 * connection failure, else `other`.
 */
export function errorClassOf(error: unknown): string {
  if (error instanceof pg.DatabaseError && error.code) return error.code.slice(0, 2);
  return isDatabaseGone(error) ? 'connection' : 'other';
}
