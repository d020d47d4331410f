import pg from 'pg';
import { isDatabaseGone } from '../translate-error.ts';

/** Receives how long each statement took, and the class of each failure. */
export interface StatementMeter {
  observeStatement(seconds: number): void;
  countDatabaseError(errorClass: string): void;
}

export const noMeter: StatementMeter = { observeStatement() {}, countDatabaseError() {} };

/** The first two characters of the SQLSTATE, `connection` for a failure that PostgreSQL did not report, else `other`. */
export function errorClassOf(error: unknown): string {
  if (error instanceof pg.DatabaseError && error.code) return error.code.slice(0, 2);
  return isDatabaseGone(error) ? 'connection' : 'other';
}
