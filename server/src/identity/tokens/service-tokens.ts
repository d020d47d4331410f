import { type Collection, expandScopes, type Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../../database/any-of.ts';
import type { Db } from '../../database/database.ts';
import type { CallingActor } from '../../domain/actor.ts';
import { hashToken } from '../../runtime/secrets/hash-token.ts';
import { refuse, refuseExpired, type TokenVerdict } from '../identity.ts';

/** Tokens of services, which the operator creates. */

/** Verifies many tokens with one query. Each token has a verdict. */
export async function authenticateServiceTokens(db: Db, tokens: readonly string[]): Promise<ReadonlyMap<string, TokenVerdict>> {
  if (tokens.length === 0) return new Map();
  const rows = await db
    .selectFrom('service_tokens')
    .select(['id', 'token_hash', 'scopes', 'collections', 'addresses', 'expires_at'])
    .select(sql<boolean>`coalesce(expires_at <= clock_timestamp(), false)`.as('isExpired'))
    .where('token_hash', '=', anyOf('text', tokens.map(hashToken)))
    .execute();
  const byHash = new Map(rows.map((row) => [row.token_hash, row]));
  return new Map(
    tokens.map((token): [string, TokenVerdict] => {
      const row = byHash.get(hashToken(token));
      if (!row) return [token, refuse('Invalid token')];
      if (row.isExpired) return [token, refuseExpired()];
      const actor = {
        kind: 'service',
        tokenId: row.id,
        tokenScopes: expandScopes(row.scopes as Scope[]),
        collections: row.collections as Collection[] | null,
        allowedFrom: row.addresses as string[] | null,
      } as const;
      return [token, { actor, credentialId: row.id, expiresAt: row.expires_at, session: null }];
    }),
  );
}

/** When this instance recorded the use of each token last, in milliseconds. */
const recordedIn = new WeakMap<Db, Map<string, number>>();
/** The operator reads "last used" in minutes. */
const intervalMs = 60_000;

/** Records when and from where a service token is used, at most every minute per instance. */
export async function recordServiceUse(db: Db, actor: CallingActor): Promise<void> {
  if (actor.kind !== 'service') return;
  const recorded = recordedIn.get(db) ?? new Map<string, number>();
  recordedIn.set(db, recorded);
  const now = Date.now();
  if ((recorded.get(actor.tokenId) ?? Number.NEGATIVE_INFINITY) > now - intervalMs) return;
  recorded.set(actor.tokenId, now);
  try {
    await saveUse(db, actor);
  } catch (error) {
    recorded.delete(actor.tokenId);
    throw error;
  }
}

async function saveUse(db: Db, actor: Extract<CallingActor, { kind: 'service' }>): Promise<void> {
  await db
    .updateTable('service_tokens')
    .set({ date_last_used: sql`clock_timestamp()`, last_used_address: actor.address })
    .where('id', '=', actor.tokenId)
    .execute();
}
