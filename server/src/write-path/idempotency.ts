import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../database/database.ts';
import { type Actor, formatActor } from '../domain/actor.ts';

/**
 * Rule W5: the same Idempotency-Key by the same actor gets the first answer again and makes one revision. Only
 * successes are kept: a refusal leaves no trace, and its retry is judged anew.
 */
export interface IdempotencyKey {
  readonly key: string;
  /** A digest of caller, rights, method, path and body: a key reused for another request, or with other rights, is noticed. */
  readonly fingerprint: string;
}

/**
 * The caller and their rights, as a part of the fingerprint. The credential itself is left out: a client that retries
 * with a refreshed JWT or a rotated token is the same client. A token with other scopes is not the same: it must not
 * read what a broader one was answered.
 */
export function authorityOf(actor: Actor | null): readonly unknown[] | null {
  if (actor?.kind !== 'user' && actor?.kind !== 'org-token') return null;
  const scopes = actor.tokenScopes && [...actor.tokenScopes].sort();
  return [formatActor(actor), scopes, actor.kind === 'user' ? actor.boundOrgId : actor.orgId];
}

/** What HTTP will send. `body` absent sends none. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface KeptAnswer {
  readonly answer: Answer;
  readonly orgRevision: string;
}

/**
 * Reads what the key was answered before, and makes a second use of it wait for the first until the transaction ends:
 * two at once could otherwise both find nothing, on two organizations or where one is only being made.
 * @throws OrgError `key-reused` when the key was used for another request
 */
export async function lockKeptAnswer(tx: Tx, actor: string, { key, fingerprint }: IdempotencyKey): Promise<KeptAnswer | null> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${actor} ${key}`}, 0))`.execute(tx);
  const row = await tx
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'answer', 'org_revision'])
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!row) return null;
  if (row.fingerprint !== fingerprint) throw new OrgError('key-reused', 'This Idempotency-Key was used for another request.');
  return { answer: row.answer as Answer, orgRevision: row.org_revision };
}

/** Whether the key was used before, for whichever request. Waits for no other use of it. */
export async function hasKeptAnswer(db: Db, actor: string, { key }: IdempotencyKey): Promise<boolean> {
  const row = await db.selectFrom('idempotency_keys').select('key').where('actor', '=', actor).where('key', '=', key).executeTakeFirst();
  return row !== undefined;
}

export async function keepAnswer(tx: Tx, actor: string, { key, fingerprint }: IdempotencyKey, kept: KeptAnswer): Promise<void> {
  await tx
    .insertInto('idempotency_keys')
    .values({ actor, key, fingerprint, answer: JSON.stringify(kept.answer), org_revision: kept.orgRevision })
    .execute();
}
