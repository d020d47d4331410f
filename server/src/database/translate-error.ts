import { OrgError } from '@rollcall/protocol';
import { NoResultError } from './connections/result-watch.ts';
import { MissingOrganizationError, UntrustedDatabaseError } from './installation/faults.ts';

/**
 * The meaning of a fault of the database or of the connection to it. The request fails with 503,
 * and the client may try again later.
 */
export interface Fault {
  /** The message for the caller. It has none of the database's own text, which may quote data. */
  readonly message: string;
  /** The connection is lost, or could not be made. */
  readonly isGone?: true;
  /** Nothing was changed. The same transaction may run again at once. */
  readonly isRetryable?: true;
  /** Other writes fail too, until an operator or a failover fixes the cause. */
  readonly stopsWrites?: true;
  /** The connection is closed, because another one may work. */
  readonly spoilsConnection?: true;
}

const gone: Fault = { message: 'The database cannot be reached. Try again shortly.', isGone: true, spoilsConnection: true };
const readOnly: Fault = {
  message: 'The database is read-only. Try again shortly.',
  stopsWrites: true,
  spoilsConnection: true,
};
const full: Fault = { message: 'The database has run out of disk space. Try again shortly.', stopsWrites: true };
const broken: Fault = { message: 'The database cannot read or write its files. Try again shortly.', stopsWrites: true };
const exhausted: Fault = { message: 'The database is overloaded. Try again shortly.' };
const conflict: Fault = { message: 'The request conflicted with concurrent changes. Try again shortly.', isRetryable: true };
const slow: Fault = { message: 'The database did not complete the request in time. Try again shortly.' };
/** It is being restored, or `DATABASE_URL` leads to another one. */
const untrusted: Fault = { message: 'The database is not ready for use. Try again shortly.' };
const missing: Fault = { message: 'The organization is missing from the database. Try again shortly.' };
const refusing: Fault = { message: 'The database refused access to this server. Try again shortly.', spoilsConnection: true };
/**
 * A pooler gave us a connection on which our statement is not prepared, or already is. Or it was
 * first sent in a transaction that had failed, and again before the result.
 */
const unprepared: Fault = {
  message: 'The connection to the database was changed by a pooler. Try again shortly.',
  isRetryable: true,
  spoilsConnection: true,
};

/**
 * Faults by SQLSTATE, or by its first two characters:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const faults: Readonly<Record<string, Fault>> = {
  // Connection exceptions.
  '08': gone,
  // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout
  '57P01': gone,
  '57P02': gone,
  '57P03': gone,
  '57P04': gone,
  '57P05': gone,
  // idle_in_transaction_session_timeout, transaction_timeout: the server ends the connection.
  '25P03': gone,
  '25P04': gone,
  // read_only_sql_transaction: a standby, or `default_transaction_read_only`.
  '25006': readOnly,
  // Insufficient resources: out_of_memory, configuration_limit_exceeded and others.
  '53': exhausted,
  // disk_full
  '53100': full,
  // too_many_connections: while it lasts, commands get no connection.
  '53300': { ...gone, stopsWrites: true },
  // System errors outside PostgreSQL, such as io_error.
  '58': broken,
  // serialization_failure, deadlock_detected
  '40001': conflict,
  '40P01': conflict,
  // statement_completion_unknown: the statement may have taken effect.
  '40003': gone,
  // lock_not_available: the statement waited for as long as `lock_timeout` allows.
  '55P03': slow,
  // query_canceled: `statement_timeout`, or an operator.
  '57014': slow,
  // operator_intervention without a code of its own
  '57000': gone,
  // object_in_use: the database is being dropped or restored.
  '55006': exhausted,
  // Invalid authorization, invalid catalog name, insufficient_privilege: the operator changed
  // something.
  '28': refusing,
  '3D000': refusing,
  '42501': refusing,
  // undefined_table: a restore has not created it yet.
  '42P01': untrusted,
  // invalid_sql_statement_name, duplicate_prepared_statement
  '26000': unprepared,
  '42P05': unprepared,
  // Node's error codes for connections.
  ECONNREFUSED: gone,
  ECONNRESET: gone,
  ECONNABORTED: gone,
  EPIPE: gone,
  ENOENT: gone,
  ETIMEDOUT: gone,
  ENOTFOUND: gone,
  EAI_AGAIN: gone,
  EHOSTUNREACH: gone,
  EHOSTDOWN: gone,
  ENETUNREACH: gone,
  ENETDOWN: gone,
  EADDRNOTAVAIL: gone,
  EMFILE: gone,
  ENFILE: gone,
};

/** pg's own errors have no code. */
const goneMessages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|server closed the connection|not queryable|Client was closed|pool after calling end/;

/** The code of a statement that follows a failed one in the same transaction. */
const behindFailureCode = '25P02';

interface DatabaseError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

/**
 * The fault that caused a database error. Null if the error is not from the database, or is a bug
 * of ours.
 */
export function faultOf(error: unknown): Fault | null {
  if (!(error instanceof Error) || error instanceof OrgError) return null;
  if (error instanceof UntrustedDatabaseError) return untrusted;
  if (error instanceof MissingOrganizationError) return missing;
  const { code = '', message } = error as DatabaseError;
  // Node combines the failures of all addresses of a host name.
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0]);
  return faults[code] ?? faults[code.slice(0, 2)] ?? (goneMessages.test(message) ? gone : null);
}

/** Whether nothing was changed, and the same transaction may run again. */
export function isRetryable(error: unknown): boolean {
  return faultOf(error)?.isRetryable === true;
}

/** Whether it is a deadlock or a serialization failure. */
export function isConflict(error: unknown): boolean {
  return faultOf(error) === conflict;
}

/** Whether a statement waited for a lock for as long as `lock_timeout` allows. */
export function isLockTimeout(error: unknown): boolean {
  return (error as DatabaseError | null)?.code === '55P03';
}

/** Whether the error only means that an earlier statement of the transaction failed. */
export function isBehindFailure(error: unknown): boolean {
  return (error as DatabaseError | null)?.code === behindFailureCode;
}

/** The constraint that a unique violation broke, or null. */
export function violatedUnique(error: unknown): string | null {
  const { code, constraint } = (error ?? {}) as DatabaseError;
  return code === '23505' ? (constraint ?? '') : null;
}

/**
 * Whether any other statement would fail too, because the database is gone or not trusted. A
 * connection without a result in time counts as lost, because a host that vanished closes none.
 * But its statement may also be too slow, so others may succeed.
 */
export function failsAnyStatement(error: unknown): boolean {
  return error instanceof UntrustedDatabaseError || (isDatabaseGone(error) && !(error instanceof NoResultError));
}

export function isDatabaseGone(error: unknown): boolean {
  return faultOf(error)?.isGone === true;
}

/**
 * Converts a fault of the database to `unavailable` (rule R12). Other errors are returned
 * unchanged.
 */
export function translateDatabaseError(error: unknown): unknown {
  const fault = faultOf(error);
  return fault === null ? error : new OrgError('unavailable', fault.message, { cause: error });
}
