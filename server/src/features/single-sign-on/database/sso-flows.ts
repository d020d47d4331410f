import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import type { Schema } from '../../../database/schema.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { decryptSecret, encryptSecret } from '../../../runtime/secrets/secrets-at-rest.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';
import type { SignOnTestResult } from '../domain/sign-on-test.ts';
import { deleteExpiredAssertions } from './used-assertions.ts';

/**
 * Logins at identity providers whose response was verified, and tests from their start. They are
 * stored here, so that any instance can finish what another began. Before the response, a login is
 * sealed in the browser's cookie only.
 */

/** An open flow ends after this time. A person who sets up a second factor needs some minutes. */
export const flowMinutes = 10;

export type FlowPurpose = 'login' | 'test' | 'invite';

/** The values of a flow that the provider receives or that its response is checked with. */
export interface LoginRequest {
  /** The ID of the SAML request, or OIDC's `state`. Random, and a valid XML ID. */
  readonly requestKey: string;
  /** OIDC's `nonce`. */
  readonly nonce: string;
  /** The PKCE verifier. */
  readonly verifier: string;
  /** Whether the provider must authenticate the person again, although it knows them. */
  readonly forceLogin: boolean;
}

/** The link of an invitation. */
export interface InviteLink {
  readonly memberId: string;
  readonly token: string;
}

export interface SessionOfFlow {
  readonly userId: string;
  readonly sessionId: string;
}

export interface SsoFlow {
  /** The id of the flow. */
  readonly handleHash: string;
  readonly orgId: string;
  readonly providerId: string;
  /** The provider's generation when the flow began. */
  readonly generation: number;
  readonly purpose: FlowPurpose;
  readonly protocol: 'saml' | 'oidc';
  readonly request: LoginRequest;
  /** Null for another purpose. */
  readonly invite: InviteLink | null;
  /**
   * The session that may see the result of a test, or whose user must confirm the link. The flow
   * ends with it. Null otherwise.
   */
  readonly session: SessionOfFlow | null;
  /** A local path. */
  readonly next: string;
  /** Null until the provider has responded. */
  readonly answer: VerifiedResponse | null;
  /** ISO 8601. */
  readonly dateCreated: string;
}

type FlowId = Pick<SsoFlow, 'orgId' | 'handleHash'>;

export type NewFlow = Omit<SsoFlow, 'answer' | 'dateCreated'> & {
  /** The network of the browser, by which open flows are counted. */
  readonly network: string;
};

const flowColumns = [
  'handle_hash',
  'organization_id',
  'provider_id',
  'generation',
  'purpose',
  'sealed',
  'user_id',
  'session_id',
  'next',
  'answer',
  'date_created',
] as const;
type FlowRow = Pick<Selectable<Schema['sso_flows']>, (typeof flowColumns)[number]>;

const isOpen = sql<boolean>`sso_flows.date_created > clock_timestamp() - make_interval(mins => ${sql.lit(flowMinutes)})`;

/**
 * Counts the tests that one network has begun. Makes concurrent starts wait for each other, so that
 * they are counted correctly.
 */
export async function countOpenTests(tx: Tx, orgId: string, network: string): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`flows of ${orgId} from ${network}`}, 0))`.execute(tx);
  const { count } = await tx
    .selectFrom('sso_flows')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organization_id', '=', orgId)
    .where('network', '=', network)
    .where(isOpen)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * Stores a test, unless its session or its provider has ended since the caller read it. Then it
 * returns which of them.
 * @param key the server's SECRET
 */
export async function insertFlow(tx: Tx, key: KeyRing, { network, ...flow }: NewFlow): Promise<'no-session' | 'no-provider' | null> {
  // In the order of the commands that remove a provider or end sessions, which lock the user first.
  // The insertion would lock the user last.
  if (flow.session !== null && !(await lockRow(tx, 'users', flow.session.userId))) return 'no-session';
  if (flow.session !== null && !(await lockRow(tx, 'sessions', flow.session.sessionId))) return 'no-session';
  if (!(await lockProvider(tx, flow.orgId, flow.providerId))) return 'no-provider';
  await tx
    .insertInto('sso_flows')
    .values({ ...rowOfFlow(key, flow), network })
    .execute();
  return null;
}

/** Keeps a row until the end of the transaction. False if it is gone. */
async function lockRow(tx: Tx, table: 'users' | 'sessions', id: string): Promise<boolean> {
  const row = await tx.selectFrom(table).select('id').where('id', '=', id).forKeyShare().executeTakeFirst();
  return row !== undefined;
}

async function lockProvider(tx: Tx, orgId: string, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('auth_providers')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** The complete open flow with this id. Null if there is none, or if it has ended. */
export async function readFlow(db: Db, key: KeyRing, handleHash: string): Promise<SsoFlow | null> {
  const row = await selectOpen(db).where('handle_hash', '=', handleHash).where('sealed', 'is not', null).executeTakeFirst();
  return row ? flowFromRow(key, row) : null;
}

/** The facts of a login with which its response is stored, before the browser returns. */
export interface AnsweredFlow extends Pick<SsoFlow, 'orgId' | 'providerId' | 'generation' | 'handleHash' | 'dateCreated'> {
  readonly requestKey: string;
}

/**
 * Stores the response to a login. The caller has marked the request as used, and keeps the provider
 * until the end of the transaction.
 */
export async function insertAnswered(tx: Tx, { requestKey, ...flow }: AnsweredFlow, response: VerifiedResponse): Promise<void> {
  await tx
    .insertInto('sso_flows')
    .values({
      handle_hash: flow.handleHash,
      organization_id: flow.orgId,
      provider_id: flow.providerId,
      generation: flow.generation,
      purpose: 'login',
      request_key: hashToken(requestKey),
      answer: JSON.stringify(response),
      date_created: flow.dateCreated,
    })
    .execute();
}

/** The part of a flow that only the browser has until it returns. */
export type BrowserPart = Pick<SsoFlow, 'orgId' | 'handleHash' | 'purpose' | 'protocol' | 'request' | 'invite' | 'next'>;

/** Adds what the browser has brought back to a stored response. Does nothing to a complete flow. */
export async function completeFlow(db: Db, key: KeyRing, part: BrowserPart): Promise<void> {
  await db
    .updateTable('sso_flows')
    .set({ purpose: part.purpose, next: part.next, sealed: sealedPart(key, part) })
    .where('organization_id', '=', part.orgId)
    .where('handle_hash', '=', part.handleHash)
    .where('sealed', 'is', null)
    .execute();
}

/** Stores the response to a test. False if the test has ended or has a response already. */
export async function saveTestResponse(db: Db, { orgId, handleHash }: FlowId, response: VerifiedResponse): Promise<boolean> {
  const rows = await db
    .updateTable('sso_flows')
    .set({ answer: JSON.stringify(response) })
    .where('organization_id', '=', orgId)
    .where('handle_hash', '=', handleHash)
    .where('answer', 'is', null)
    .where(isOpen)
    .returning('handle_hash')
    .execute();
  return rows.length > 0;
}

/**
 * Removes an open flow and returns it, so that it is used once. Null if another request has used
 * it, or if it has ended.
 */
export async function consumeFlow(tx: Tx, key: KeyRing, orgId: string, handleHash: string): Promise<SsoFlow | null> {
  const row = await tx
    .deleteFrom('sso_flows')
    .where('handle_hash', '=', handleHash)
    .where('organization_id', '=', orgId)
    .where('purpose', '!=', testedPurpose)
    .where('sealed', 'is not', null)
    .where(isOpen)
    .returning(flowColumns)
    .executeTakeFirst();
  return row ? flowFromRow(key, row) : null;
}

/**
 * Stores a consumed flow again, with its response and age, for the session whose user must confirm
 * the link.
 */
export async function restoreFlow(tx: Tx, key: KeyRing, flow: SsoFlow, session: SessionOfFlow): Promise<void> {
  await tx
    .insertInto('sso_flows')
    .values({ ...rowOfFlow(key, { ...flow, session }), answer: JSON.stringify(flow.answer), date_created: flow.dateCreated })
    .execute();
}

/**
 * Removes a test that has no response yet. A flow with a response stays, because the response can
 * arrive several times at once (case S-29).
 */
export async function removeFlow(db: Db, { orgId, handleHash }: FlowId): Promise<void> {
  await db
    .deleteFrom('sso_flows')
    .where('organization_id', '=', orgId)
    .where('handle_hash', '=', handleHash)
    .where('answer', 'is', null)
    .execute();
}

/** Ends all logins and tests in progress at a provider, and discards the results of tests. */
export async function removeFlowsOf(tx: Tx, orgId: string, providerId: string): Promise<void> {
  await tx.deleteFrom('sso_flows').where('organization_id', '=', orgId).where('provider_id', '=', providerId).execute();
}

/** Removes the flows in which the identity's user has not confirmed another link yet. */
export async function removeFlowsOfIdentity(tx: Tx, orgId: string, identityId: string): Promise<void> {
  await tx
    .deleteFrom('sso_flows')
    .using('sso_identities')
    .where('sso_identities.organization_id', '=', orgId)
    .where('sso_identities.id', '=', identityId)
    .whereRef('sso_flows.organization_id', '=', 'sso_identities.organization_id')
    .whereRef('sso_flows.provider_id', '=', 'sso_identities.provider_id')
    .whereRef('sso_flows.user_id', '=', 'sso_identities.user_id')
    .execute();
}

/** Stores the result of a test in place of its flow, which no login can use from then on. */
export async function saveTestResult(tx: Tx, key: KeyRing, flow: SsoFlow, result: SignOnTestResult): Promise<void> {
  if (flow.session === null) return;
  await tx
    .insertInto('sso_flows')
    .values({ ...rowOfFlow(key, flow), purpose: testedPurpose, answer: JSON.stringify(result) })
    .execute();
}

/** The purpose of a row that contains the result of a test. */
const testedPurpose = 'tested';

/**
 * The result of a test of this session. 'pending' before it ends, and null if there is no such
 * test.
 */
export async function findSignOnTest(db: Db, orgId: string, id: string, sessionId: string): Promise<SignOnTestResult | 'pending' | null> {
  const row = await db
    .selectFrom('sso_flows')
    .select(['purpose', 'answer'])
    .where('handle_hash', '=', id)
    .where('organization_id', '=', orgId)
    .where('session_id', '=', sessionId)
    .where('purpose', 'in', ['test', testedPurpose])
    .where(isOpen)
    .executeTakeFirst();
  if (!row) return null;
  return row.purpose === testedPurpose ? (row.answer as SignOnTestResult) : 'pending';
}

export async function deleteOldFlows(db: Db): Promise<void> {
  await deleteInBatches(db, 'sso_flows', sql<boolean>`date_created < now() - make_interval(mins => ${sql.lit(flowMinutes)})`);
  await deleteExpiredAssertions(db);
}

/** Flows that end in a login, without the rows that contain results of tests. */
function selectOpen(db: Db) {
  return db.selectFrom('sso_flows').select(flowColumns).where('purpose', '!=', testedPurpose).where(isOpen);
}

function flowFromRow(key: KeyRing, row: FlowRow): SsoFlow {
  const sealed = JSON.parse(decryptSecret(key, contextOf(row.handle_hash), row.sealed!)) as Pick<
    SsoFlow,
    'protocol' | 'request' | 'invite'
  >;
  return {
    handleHash: row.handle_hash,
    orgId: row.organization_id,
    providerId: row.provider_id,
    generation: row.generation,
    purpose: row.purpose as FlowPurpose,
    ...sealed,
    session: row.user_id === null || row.session_id === null ? null : { userId: row.user_id, sessionId: row.session_id },
    next: row.next,
    answer: row.answer as VerifiedResponse | null,
    dateCreated: row.date_created,
  };
}

function rowOfFlow(key: KeyRing, { protocol, request, invite, session, ...flow }: Omit<NewFlow, 'network'>) {
  return {
    handle_hash: flow.handleHash,
    organization_id: flow.orgId,
    provider_id: flow.providerId,
    generation: flow.generation,
    purpose: flow.purpose,
    request_key: hashToken(request.requestKey),
    sealed: sealedPart(key, { handleHash: flow.handleHash, protocol, request, invite }),
    user_id: session?.userId ?? null,
    session_id: session?.sessionId ?? null,
    next: flow.next,
  };
}

function sealedPart(
  key: KeyRing,
  { handleHash, protocol, request, invite }: Pick<SsoFlow, 'handleHash' | 'protocol' | 'request' | 'invite'>,
): string {
  return encryptSecret(key, contextOf(handleHash), JSON.stringify({ protocol, request, invite }));
}

function contextOf(handleHash: string): string {
  return `sso-flow:${handleHash}`;
}
