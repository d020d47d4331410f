import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expandOperatorScopes, type OperatorScope, OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import { prepared } from '../../database/prepared.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import { bootstrapOperator, type OperatorCaller } from '../../domain/operator.ts';
import { hashToken } from '../../runtime/secrets/hash-token.ts';
import { type RecordUse, wasUsedLately } from '../use/record-use.ts';
import { readBearerToken } from './authorization-header.ts';
import { isOperatorToken } from './tokens.ts';

/**
 * The duration for which a scrape waits for PostgreSQL. Prometheus waits ten seconds for the whole
 * response by default, and several scrapes may come first.
 */
const lookupMsMax = 2_000;
/**
 * The duration for which a token may read metrics while PostgreSQL fails. It covers the outage of a
 * night and the repair of the next day. The token can't be revoked in between, because that is a
 * write too.
 */
const unconfirmedMsMax = 24 * 60 * 60 * 1_000;

interface Confirmed {
  readonly name: string;
  readonly expiresAtMs: number;
  /** When PostgreSQL had the token last. */
  readonly atMs: number;
}

/**
 * Authenticates operators, by `OPERATOR_TOKEN` or by a token of `operator_tokens`. Each request
 * reads the token from PostgreSQL, so a revocation takes effect on all instances at once, also
 * without Redis.
 */
export class OperatorTokens {
  readonly #db: Db;
  readonly #bootstrapToken: string | null;
  readonly #recordUse: RecordUse;
  /** Tokens that this instance authenticated within `unconfirmedMsMax`, by hash. */
  readonly #confirmed = new Map<string, Confirmed>();

  constructor(db: Db, bootstrapToken: string | null, recordUse: RecordUse) {
    this.#db = db;
    this.#bootstrapToken = bootstrapToken;
    this.#recordUse = recordUse;
  }

  /**
   * The operator with the token of an `Authorization` header. Null if the token is no operator's.
   * @param beforeGuess called before PostgreSQL is asked for a token that may be a guess
   * @throws OrgError `unauthenticated` for a malformed header; `unavailable` if PostgreSQL fails
   */
  async authenticate(authorization: string | undefined, beforeGuess: () => Promise<void>): Promise<OperatorCaller | null> {
    const token = readBearerToken(authorization);
    if (token === null) return null;
    if (this.#bootstrapToken !== null && areEqual(token, this.#bootstrapToken)) return bootstrapOperator;
    if (!isOperatorToken(token)) return null;
    const hash = hashToken(token);
    const confirmed = this.#confirmed.get(hash);
    if (!confirmed) await beforeGuess();
    try {
      return await this.#lookUp(hash, confirmed !== undefined);
    } catch (error) {
      const unconfirmed = translateDatabaseError(error);
      const operator = confirmed && unconfirmed instanceof OrgError && unconfirmedOperator(confirmed, unconfirmed);
      if (!operator) throw unconfirmed;
      return operator;
    }
  }

  /** @param isKnown whether a failure need not be awaited */
  async #lookUp(hash: string, isKnown: boolean): Promise<OperatorCaller | null> {
    const lookup = selectToken(this.#db, hash);
    const [row] = await (isKnown ? withinLookupMs(lookup) : lookup);
    if (!row) {
      this.#confirmed.delete(hash);
      return null;
    }
    if (!row.wasUsedLately) this.#recordUse('operator_tokens', [row.id]);
    const { name } = row;
    const now = Date.now();
    for (const [known, { atMs }] of this.#confirmed) if (atMs + unconfirmedMsMax <= now) this.#confirmed.delete(known);
    this.#confirmed.set(hash, { name, expiresAtMs: Date.parse(row.expires_at), atMs: now });
    return { kind: 'operator', name, scopes: expandOperatorScopes(row.scopes as OperatorScope[]) };
  }
}

/** Every scope includes that of metrics. Null if the token may be invalid by now. */
function unconfirmedOperator({ name, expiresAtMs, atMs }: Confirmed, unconfirmed: OrgError): OperatorCaller | null {
  const now = Date.now();
  if (expiresAtMs <= now || atMs + unconfirmedMsMax <= now) return null;
  return { kind: 'operator', name, scopes: expandOperatorScopes(['metrics:read']), unconfirmed };
}

const selectToken = prepared((db, hash: string) =>
  db
    .selectFrom('operator_tokens')
    .select(['id', 'name', 'scopes', 'expires_at', wasUsedLately('operator_tokens').as('wasUsedLately')])
    .where('token_hash', '=', hash)
    .where('expires_at', '>', sql<string>`clock_timestamp()`)
    .compile(),
);

/** @throws OrgError `unavailable` if it takes longer */
async function withinLookupMs<T>(lookup: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = sleep(lookupMsMax, null, { signal: answered.signal }).then(
    () => {
      throw new OrgError('unavailable', 'The database does not respond.');
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([lookup, late]);
  } finally {
    answered.abort();
  }
}

/** Compares digests, so that the duration shows neither the content nor the length. */
function areEqual(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
