import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../database/database.ts';
import { prepared } from '../database/prepared.ts';
import { pipeline } from '../database/transact.ts';
import { type Actor, circumstancesOf, formatActor, isCalling } from '../domain/actor.ts';
import { authorizeEntry } from '../domain/authorize.ts';
import { waitingLimits } from '../runtime/limits/rows/waiting.ts';
import { KeyedSemaphore } from '../runtime/limits/semaphore.ts';
import type { LoadContext } from './command.ts';
import type { CommandResponse } from './command-response.ts';
import { loadActorState } from './load-state.ts';

/**
 * Rule W5: a repeated Idempotency-Key of the same actor gets the first response again and creates
 * one revision. Only successful responses are stored. A refusal is not stored, so its retry is
 * evaluated again.
 */
export interface IdempotencyKey {
  readonly key: string;
  /**
   * A digest of caller, rights, method, path and body. It detects a key that is reused for another
   * request or with other rights.
   */
  readonly fingerprint: string;
}

/**
 * The caller and their rights, as a part of the fingerprint. The credential itself is not part of
 * it, because a client that retries with a refreshed JWT or a rotated token is the same client. The
 * scopes are part of it, because a token must not read the response to a token with more scopes.
 */
export function authorityOf(actor: Actor | null): readonly unknown[] | null {
  if (actor === null || !isCalling(actor)) return null;
  const scopes = actor.tokenScopes && [...actor.tokenScopes].sort();
  const { boundOrgIds } = circumstancesOf(actor);
  return [formatActor(actor), scopes, boundOrgIds && [...boundOrgIds].sort().join()];
}

export interface StoredResponse {
  readonly response: CommandResponse;
  readonly orgRevision: string;
}

/**
 * Uses of one key, also for different organizations, wait here for each other, so that they do not
 * hold a connection each while they wait for the lock of `lockStoredResponse`.
 */
export function openKeyUses(): KeyedSemaphore {
  const refusal = () =>
    new OrgError('rate-limited', 'Too many requests use this Idempotency-Key. Try again shortly.', { retryAfterSeconds: 2 });
  return new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: waitingLimits.keyUsesWaiting.value, refusal } });
}

/** The key as the lock and the queue of its uses know it. */
export function keyOfActor(actor: string, { key }: IdempotencyKey): string {
  return `${actor} ${key}`;
}

/**
 * Reads the stored response, and locks the key until the transaction ends. Without that lock, two
 * concurrent uses could both find nothing: on two organizations, or while an organization is being
 * created.
 * @throws OrgError `key-reused` if the key was used for another request
 */
export async function lockStoredResponse(tx: Tx, actor: string, used: IdempotencyKey): Promise<StoredResponse | null> {
  const [, [row]] = await Promise.all([lockKey(tx, keyOfActor(actor, used)), selectResponse(tx, actor, used.key)]);
  if (!row) return null;
  if (row.fingerprint !== used.fingerprint) throw new OrgError('key-reused', 'This Idempotency-Key was used for another request.');
  return { response: row.answer as CommandResponse, orgRevision: row.org_revision };
}

const lockKey = prepared((db, key: string) => sql`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`.compile(db));

/**
 * This statement is sent after the lock, so it sees what was committed before the lock was
 * acquired.
 */
const selectResponse = prepared((db, actor: string, key: string) =>
  db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'answer', 'org_revision'])
    .where('actor', '=', actor)
    .where('key', '=', key)
    .compile(),
);

/** Whether the key was used before, for any request. Doesn't wait for a concurrent use. */
export async function hasStoredResponse(db: Db, actor: Actor, { key }: IdempotencyKey): Promise<boolean> {
  const ofActor = db.selectFrom('idempotency_keys').select('key').where('actor', '=', formatActor(actor));
  const row = await ofActor.where('key', '=', key).executeTakeFirst();
  return row !== undefined;
}

/** The size of a row and its index entries, besides the response. */
const keyBytes = 512;

/**
 * Saves the response, without waiting for the statement. Returns the size of what it saves.
 */
export function storeResponse(tx: Tx, actor: string, { key, fingerprint }: IdempotencyKey, kept: StoredResponse): number {
  const answer = JSON.stringify(kept.response);
  pipeline(tx.insertInto('idempotency_keys').values({ actor, key, fingerprint, answer, org_revision: kept.orgRevision }).execute());
  return keyBytes + Buffer.byteLength(answer);
}

/**
 * A stored response may show the organization's state, and the caller may have been removed since.
 * A response without a body shows nothing, so a member who left gets it again.
 * @throws OrgError as `authorizeEntry`, or `not-found`
 */
export async function authorizeStoredResponse(tx: Tx, { response }: StoredResponse, { orgId, actor }: LoadContext): Promise<void> {
  if (actor.kind === 'operator' || actor.kind === 'system' || response.body === undefined) return;
  authorizeEntry(await loadActorState(tx, orgId, actor), actor);
}
