import type { ConnectRefusal } from '@rollcall/protocol';
import { msWithin } from './reconnect-delay.ts';

/**
 * The next step of a client after a failed attempt to connect, as a pure function. The table below
 * has a row per kind of failure. The compiler refuses a missing row.
 */

export interface FailedAttempt {
  /** The delay of the usual backoff. */
  readonly backoffMs: number;
  readonly random: () => number;
  /** The range that the server requested. */
  readonly retryAfterMs: readonly [number, number] | null;
  /** Whether a token function can return another token. */
  readonly hasTokenFunction: boolean;
  /** Tokens that the server has refused in a row, including this one. */
  readonly refusals: number;
}

/** The milliseconds to wait before the next attempt. Null closes the client. */
export type NextAttempt = number | null;

export type FailureKind = 'unknown-user' | 'refused-token' | 'unsupported-version' | 'busy' | 'unreachable';

/**
 * The number of tokens in a row that the server may refuse until the client closes. With the
 * delays between the attempts, a token function has some four seconds to return a valid one.
 */
const refusalsMax = 5;

/** @param refusal null if the server was not reached */
export function kindOfFailure(refusal: { readonly code: string; readonly reason?: string | undefined } | null): FailureKind {
  if (!refusal) return 'unreachable';
  if (refusal.code === 'unauthenticated' && refusal.reason === unknownUser) return 'unknown-user';
  if (refusal.code === 'unauthenticated' || refusal.code === 'expired') return 'refused-token';
  return refusal.code === 'unsupported-version' ? 'unsupported-version' : 'busy';
}

export function nextAttempt(kind: FailureKind, attempt: FailedAttempt): NextAttempt {
  return table[kind](attempt);
}

const table: { readonly [Kind in FailureKind]: (attempt: FailedAttempt) => NextAttempt } = {
  // The token is valid, also a fixed one. The client tries until the user exists, the token
  // function fails, or the server refuses the token for another reason, such as its expiry.
  'unknown-user': (attempt) => Math.max(attempt.backoffMs, requestedMs(attempt)),
  // The first retry is immediate, since the token may just have expired.
  'refused-token': ({ hasTokenFunction, refusals, backoffMs }) => {
    if (!hasTokenFunction || refusals >= refusalsMax) return null;
    return refusals === 1 ? 0 : backoffMs;
  },
  'unsupported-version': () => null,
  busy: (attempt) => (attempt.retryAfterMs ? requestedMs(attempt) : attempt.backoffMs),
  unreachable: ({ backoffMs }) => backoffMs,
};

function requestedMs({ retryAfterMs, random }: FailedAttempt): number {
  return retryAfterMs ? msWithin(retryAfterMs, random) : 0;
}

/** The reason of the status while the user of the token does not exist yet. */
export const unknownUser = 'unknown-user' satisfies ConnectRefusal['reason'];
