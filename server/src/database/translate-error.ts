import { OrgError } from '@rollcall/protocol';

/** PostgreSQL's codes for what a caller may retry, and for a connection that is gone. */
const retryableCodes = new Set(['40001', '40P01']);
const goneCodes = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const goneMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|server closed the connection|not queryable|Client was closed|pool after calling end/;

/** Raised where `lock_timeout` says how long to wait. */
const lockTimeoutCode = '55P03';

/** A statement after one that failed, in the same transaction. */
const behindFailureCode = '25P02';

interface DatabaseError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

/** A deadlock or a serialization failure: nothing happened, the same transaction may be run again. */
export function isRetryable(error: unknown): boolean {
  return retryableCodes.has((error as DatabaseError)?.code ?? '');
}

/** A lock was waited for as long as `lock_timeout` allows. */
export function isLockTimeout(error: unknown): boolean {
  return (error as DatabaseError | null)?.code === lockTimeoutCode;
}

/** Says nothing itself: an earlier statement of the transaction failed. */
export function isBehindFailure(error: unknown): boolean {
  return (error as DatabaseError | null)?.code === behindFailureCode;
}

/** The constraint that a unique violation broke, else null. */
export function violatedUnique(error: unknown): string | null {
  const { code, constraint } = (error ?? {}) as DatabaseError;
  return code === '23505' ? (constraint ?? '') : null;
}

export function isDatabaseGone(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof OrgError) return false;
  const { code = '', message } = error as DatabaseError;
  return goneCodes.has(code) || code.startsWith('08') || goneMessages.test(message);
}

/** A lost database becomes `unavailable` (rule R12), and so does a lock that was not to be had; everything else stays what it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (isLockTimeout(error)) {
    return new OrgError('unavailable', 'Another change takes too long. Try again shortly.', { cause: error });
  }
  if (!isDatabaseGone(error)) return error;
  return new OrgError('unavailable', 'The database cannot be reached. Try again shortly.', { cause: error });
}
