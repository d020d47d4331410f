import { randomBytes } from 'node:crypto';
import { type AuthProviderRecord, OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { transact } from '../../../database/transact.ts';
import { KeyedSemaphore } from '../../../runtime/limits/semaphore.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';
import { type ConfiguredProvider, lockProviderConfig, readConfiguredProvider } from '../database/auth-provider-configs.ts';
import {
  completeFlow,
  countOpenTests,
  flowMinutes,
  type InviteLink,
  insertAnswered,
  insertFlow,
  readFlow,
  removeFlow,
  type SessionOfFlow,
  type SsoFlow,
  saveTestResponse,
} from '../database/sso-flows.ts';
import { isAssertionUsed, markRequestAnswered } from '../database/used-assertions.ts';
import type { AssertedIdentity, VerifiedResponse } from '../domain/asserted-identity.ts';
import { signOnLimits } from '../limits.ts';
import { describeOidcError } from '../oidc/describe-oidc-error.ts';
import { clockSkewMs } from './clock-skew.ts';
import { normalizeIdentity } from './normalize-identity.ts';
import type { LoginProtocols, LoginRequest } from './protocols.ts';
import { configurationOf, type FlowRequest, newFlowId, readRequestKey, requestKeyOf, type SealedFlow, sealFlow } from './sealed-flow.ts';

/**
 * Logins at identity providers, from the redirect to the provider until its response is verified.
 * The write path finishes them.
 */
export interface SingleSignOn {
  readonly db: Db;
  /** The server's SECRET. */
  readonly key: KeyRing;
  readonly protocols: LoginProtocols;
  /**
   * Starts of tests from one network in one organization wait here for each other, so that they do
   * not hold a connection each while they wait for the lock of `countOpenTests`.
   */
  readonly starts: KeyedSemaphore;
}

export function openStarts(): KeyedSemaphore {
  const refusal = () =>
    new OrgError('rate-limited', 'Too many logins from your network begin at the same time. Try again shortly.', { retryAfterSeconds: 2 });
  return new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: signOnLimits.startsWaiting.value, refusal } });
}

/** Characters. Browsers limit the size of the cookie that contains it. */
const nextCharsMax = 1_000;

export interface BeginFlow {
  readonly orgId: string;
  readonly purpose: SsoFlow['purpose'];
  readonly invite: InviteLink | null;
  /** The session that may see the result of a test. */
  readonly session: SessionOfFlow | null;
  /** A local path. */
  readonly next: string;
  /** The caller's network, as `networkOf` returns it. */
  readonly network: string;
  readonly forceLogin: boolean;
}

/** A flow whose browser has not been sent to the provider yet. */
export interface OpenedFlow {
  readonly orgId: string;
  readonly id: string;
  /** For the browser's cookie. */
  readonly sealed: string;
  readonly provider: ConfiguredProvider;
  readonly request: LoginRequest;
  /** The caller's network. */
  readonly network: string;
}

export interface RefusedFlow {
  readonly refused: 'no-provider' | 'too-many';
}

export type BegunFlow =
  /** The browser stores the sealed flow in its cookie, and opens the URL. */
  | { readonly id: string; readonly sealed: string; readonly url: URL }
  | RefusedFlow
  /** The reason is for the log and for the result of a test. */
  | { readonly refused: 'unreachable'; readonly provider: AuthProviderRecord; readonly reason: string };

/**
 * Begins a login at the organization's provider. A draft can only be tested.
 * @throws OrgError `rate-limited`, or `unauthenticated` if the session has ended
 */
export async function beginFlow(sso: SingleSignOn, begin: BeginFlow): Promise<BegunFlow> {
  const opened = await openFlow(sso, begin);
  return 'refused' in opened ? opened : leadToProvider(sso, opened);
}

/**
 * Seals a new flow. It needs only the database, and not the provider. A test is also stored, so
 * that its result can be requested.
 * @throws OrgError `rate-limited`, or `unauthenticated` if the session has ended
 */
export async function openFlow(sso: SingleSignOn, begin: BeginFlow): Promise<OpenedFlow | RefusedFlow> {
  const { orgId, purpose, invite, network, forceLogin } = begin;
  const provider = await readConfiguredProvider(sso.db, sso.key, orgId);
  if (!provider || (provider.record.status !== 'active' && purpose !== 'test')) return { refused: 'no-provider' };
  const id = newFlowId();
  const requestKey = requestKeyOf(sso.key, provider, { id, forceLogin, isTest: purpose === 'test' }, Date.now());
  const request: LoginRequest = { requestKey, nonce: randomText(), verifier: randomText(), forceLogin };
  const next = begin.next.length > nextCharsMax ? '/' : begin.next;
  if (purpose === 'test') {
    const refused = await storeTest(sso, { ...begin, next }, provider, id, request);
    if (refused !== null) return { refused };
  }
  const { nonce, verifier } = request;
  const { protocol } = provider.record;
  const sealed = sealFlow(sso.key, { id, orgId, purpose, protocol, nonce, verifier, invite, next });
  return { orgId, id, sealed, provider, request, network };
}

async function storeTest(
  { db, key, starts }: SingleSignOn,
  { network, orgId, purpose, invite, session, next }: BeginFlow,
  provider: ConfiguredProvider,
  handleHash: string,
  request: LoginRequest,
): Promise<'no-provider' | 'too-many' | null> {
  const { id: providerId, generation, protocol } = provider.record;
  const refused = await starts.run(`${orgId} ${network}`, () =>
    transact(db, async (tx) => {
      if ((await countOpenTests(tx, orgId, network)) >= signOnLimits.openTests.value) return 'too-many';
      return insertFlow(tx, key, {
        ...{ handleHash, orgId, providerId, generation, protocol, request, network },
        ...{ purpose, invite, session, next },
      });
    }),
  );
  if (refused === 'no-session') throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
  return refused;
}

/**
 * Makes the URL at the provider. Ends a test if the provider can't be reached.
 * @throws OrgError `unavailable` if too many people are logging in
 */
export async function leadToProvider(sso: SingleSignOn, { orgId, id, sealed, provider, request, network }: OpenedFlow): Promise<BegunFlow> {
  try {
    return { id, sealed, url: await sso.protocols[provider.record.protocol].loginUrl(provider, request, network) };
  } catch (error) {
    if (requestIsTest(sso, provider, request)) await removeFlow(sso.db, { orgId, handleHash: id });
    // The provider is not to blame for a server that is too busy.
    if (error instanceof OrgError) throw error;
    return { refused: 'unreachable', provider: provider.record, reason: describeOidcError(error) };
  }
}

function requestIsTest({ key }: SingleSignOn, provider: ConfiguredProvider, { requestKey }: LoginRequest): boolean {
  return readRequestKey(key, provider, requestKey, Date.now())?.isTest === true;
}

export type { SsoFlow };

/** The origin of the provider to which a form of ours leads. Null if it is not known now. */
export async function loginOriginOf({ db, key, protocols }: SingleSignOn, orgId: string): Promise<string | null> {
  const provider = await readConfiguredProvider(db, key, orgId);
  return provider && protocols[provider.record.protocol].loginOrigin(provider);
}

/** The organization's provider, drafts included. Null if there is none. */
export function findProvider({ db, key }: SingleSignOn, orgId: string): Promise<ConfiguredProvider | null> {
  return readConfiguredProvider(db, key, orgId);
}

/**
 * The flow whose response is stored, together with what the browser has brought back. Null if the
 * provider has not responded, or if the login has ended.
 */
export async function findAnsweredFlow({ db, key }: SingleSignOn, sealed: SealedFlow): Promise<SsoFlow | null> {
  const { id: handleHash, orgId, purpose, protocol, nonce, verifier, invite, next } = sealed;
  if (purpose !== 'test') {
    // The response was verified with the request key, which nothing needs any more.
    const request = { requestKey: handleHash, nonce, verifier, forceLogin: false };
    await completeFlow(db, key, { orgId, handleHash, purpose, protocol, request, invite, next });
  }
  const flow = await readFlow(db, key, handleHash);
  return flow?.answer == null ? null : flow;
}

/** A login in progress, whose provider and configuration are still those of its start. */
export interface AwaitedFlow extends FlowRequest {
  readonly orgId: string;
  readonly requestKey: string;
  readonly provider: ConfiguredProvider;
}

/**
 * The login of this organization that sent the request. Nothing is stored for it, so it may have a
 * response already. Null for any other request.
 */
export async function findAwaitedFlow({ db, key }: SingleSignOn, orgId: string, requestKey: string): Promise<AwaitedFlow | null> {
  const provider = await readConfiguredProvider(db, key, orgId);
  const request = provider && readRequestKey(key, provider, requestKey, Date.now());
  if (!request || (provider.record.status !== 'active' && !request.isTest)) return null;
  return { ...request, orgId, requestKey, provider };
}

/**
 * Marks an awaited flow as used before its response is verified, because that costs a request to
 * the provider or tens of milliseconds of CPU time. Each flow is therefore verified once, also if
 * its response arrives several times at once, at several instances.
 * @returns false if another request has taken the flow
 */
export function takeAwaitedFlow({ db }: SingleSignOn, { orgId, id, provider }: AwaitedFlow): Promise<boolean> {
  return markRequestAnswered(db, { orgId, providerId: provider.record.id }, id, flowMinutes);
}

/**
 * Stores the response of the provider, for the browser that began the flow. Returns the flow's id
 * for the address of the next page, or the refusal. A refusal is kept for a test only.
 */
export async function saveProviderResponse(
  sso: SingleSignOn,
  flow: AwaitedFlow,
  response: VerifiedResponse,
): Promise<{ readonly flowId: string } | Extract<VerifiedResponse, { refused: string }>> {
  const { orgId, id, isTest } = flow;
  const checked = await check(sso.db, flow, response);
  if ('refused' in checked && !isTest) return checked;
  const isStored = isTest ? await saveTestResponse(sso.db, { orgId, handleHash: id }, checked) : await storeResponse(sso, flow, checked);
  return isStored ? { flowId: id } : { refused: 'The login has ended.' };
}

/** False if the configuration has changed since the response was verified with it. */
function storeResponse({ db, key }: SingleSignOn, flow: AwaitedFlow, response: VerifiedResponse): Promise<boolean> {
  const { orgId, id, requestKey, dateCreated, provider } = flow;
  const { id: providerId, generation } = provider.record;
  return transact(db, async (tx) => {
    if (!(await lockProviderConfig(tx, orgId, providerId))) return false;
    const current = await readConfiguredProvider(tx, key, orgId);
    if (!current || configurationOf(current) !== configurationOf(provider)) return false;
    await insertAnswered(tx, { orgId, providerId, generation, handleHash: id, requestKey, dateCreated }, response);
    return true;
  });
}

/** Characters. An entry of an index has at most 2,700 bytes, and providers use some 100. */
const subjectLengthMax = 500;

async function check(db: Db, flow: AwaitedFlow, response: VerifiedResponse): Promise<VerifiedResponse> {
  if ('refused' in response) return isStorable(response.refused) ? response : { refused: 'The response could not be verified.' };
  const refusal = refusalOf(response.identity, flow);
  if (refusal) return refusal;
  const { assertion } = response.identity;
  // The command that opens the session checks this again. Here, it saves the person a page.
  const asserting = { orgId: flow.orgId, providerId: flow.provider.record.id };
  const isUsed = assertion !== null && !flow.isTest && (await isAssertionUsed(db, asserting, assertion.id));
  return isUsed ? { refused: 'The assertion was used before.' } : { identity: normalizeIdentity(response.identity) };
}

function refusalOf(identity: AssertedIdentity, { forceLogin, dateCreated }: FlowRequest): { readonly refused: string } | null {
  const { subject, authenticatedAt } = identity;
  if (subject === '' || subject.length > subjectLengthMax) return { refused: 'The subject is empty or too long.' };
  if (!isStorableJson(identity)) return { refused: 'The response contains characters that cannot be stored.' };
  const isOld = authenticatedAt !== null && Date.parse(authenticatedAt) < Date.parse(dateCreated) - clockSkewMs;
  return forceLogin && isOld ? { refused: 'The provider did not authenticate the person again.' } : null;
}

function isStorableJson(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorableJson(item));
}

/** A random text of 256 bits. */
function randomText(): string {
  return randomBytes(32).toString('base64url');
}
