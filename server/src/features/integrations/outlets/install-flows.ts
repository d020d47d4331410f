import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { transact } from '../../../database/transact.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { decryptSecret, encryptSecret } from '../../../runtime/secrets/secrets-at-rest.ts';
import { lockCredential } from '../../../write-path/users/lock-credentials.ts';

/**
 * Connections to providers in progress. Each belongs to one session, ends after 10 minutes and can
 * be finished once.
 */

const flowMinutes = 10;
/** One for each tab in which a person begins. Any member may begin, any number of times. */
const flowsPerSessionMax = 20;
const stateBytes = 32;

export interface InstallFlow {
  readonly orgId: string;
  /** The provider, or a later step of its connection. */
  readonly provider: string;
  readonly userId: string;
  readonly sessionId: string;
  /** Stored encrypted until the flow ends: a PKCE verifier, tokens or an id. Null without one. */
  readonly secret: string | null;
}

export interface TakenFlow extends InstallFlow {
  /** ISO 8601, the database's time. The provider confirms the flow's request later. */
  readonly takenAt: string;
}

/**
 * Returns the `state` parameter. Only its hash is stored. The oldest flow of the session ends if it
 * has too many.
 * @param key the server's SECRET
 * @throws OrgError `unauthenticated` if the session has ended
 */
export async function beginInstall(db: Db, key: KeyRing, flow: InstallFlow): Promise<string> {
  const state = randomHex(stateBytes);
  const hash = hashToken(state);
  const surplus = db
    .selectFrom('integration_flows')
    .select('state_hash')
    .where('session_id', '=', flow.sessionId)
    .orderBy('date_created', 'desc')
    .offset(flowsPerSessionMax - 1);
  await db
    .deleteFrom('integration_flows')
    .where((where) => where.or([isOld, where('state_hash', 'in', surplus)]))
    .execute();
  await transact(db, async (tx) => {
    // Commands that end sessions lock the user first. The insertion would lock the user last.
    await tx.selectFrom('users').select('id').where('id', '=', flow.userId).forKeyShare().execute();
    await lockCredential(tx, { kind: 'session', id: flow.sessionId });
    await tx
      .insertInto('integration_flows')
      .values({
        state_hash: hash,
        organization_id: flow.orgId,
        provider: flow.provider,
        user_id: flow.userId,
        session_id: flow.sessionId,
        sealed: flow.secret === null ? null : encryptSecret(key, contextOf(hash), flow.secret),
      })
      .execute();
  });
  return state;
}

/**
 * The flow, which can't be used again. Null if there is none for these names and this session.
 * @param state null takes the latest flow of the session
 */
export async function takeInstall(
  db: Db,
  key: KeyRing,
  names: readonly string[],
  state: string | null,
  sessionId: string,
): Promise<TakenFlow | null> {
  const found = db
    .selectFrom('integration_flows')
    .select('state_hash')
    .$if(state !== null, (query) => query.where('state_hash', '=', hashToken(state!)))
    .where('provider', 'in', names)
    .where('session_id', '=', sessionId)
    .where((eb) => eb.not(isOld))
    .orderBy('date_created', 'desc')
    .limit(1);
  const row = await db
    .deleteFrom('integration_flows')
    .where('state_hash', '=', found)
    .returning([
      'state_hash',
      'organization_id',
      'provider',
      'user_id',
      'session_id',
      'sealed',
      sql<string>`clock_timestamp()`.as('taken_at'),
    ])
    .executeTakeFirst();
  if (!row) return null;
  return {
    orgId: row.organization_id,
    provider: row.provider,
    userId: row.user_id,
    sessionId: row.session_id,
    takenAt: row.taken_at,
    secret: row.sealed === null ? null : decryptSecret(key, contextOf(row.state_hash), row.sealed),
  };
}

const isOld = sql<boolean>`date_created < clock_timestamp() - make_interval(mins => ${sql.lit(flowMinutes)})`;

function contextOf(hash: string): string {
  return `integration-flow:${hash}`;
}
