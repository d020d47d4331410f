import { randomBytes } from 'node:crypto';
import { type AuthProviderRecord, OrgError } from '@rollcall/protocol';
import type { Db } from '../database/database.ts';
import { type ConfiguredProvider, readConfiguredProvider } from '../database/security/auth-provider-configs.ts';
import {
  countOpenFlows,
  type InviteLink,
  insertFlow,
  readFlow,
  readFlowOfRequest,
  removeFlow,
  type SessionOfFlow,
  type SsoFlow,
  saveResponse,
  takeFlow,
} from '../database/security/sso-flows.ts';
import { isAssertionUsed } from '../database/security/used-assertions.ts';
import { transact } from '../database/transact.ts';
import type { AssertedIdentity, VerifiedResponse } from '../domain/single-sign-on/asserted-identity.ts';
import { hashToken } from '../runtime/hash-token.ts';
import { KeyedSemaphore } from '../runtime/keyed-semaphore.ts';
import { randomHex } from '../runtime/random.ts';
import { isStorable } from '../runtime/storable-text.ts';
import { clockSkewMs } from './clock-skew.ts';
import { normalizeIdentity } from './normalize-identity.ts';
import { describeOidcError } from './oidc/describe-oidc-error.ts';
import type { LoginProtocols, LoginRequest } from './protocols.ts';

/**
 * Logins at identity providers, from the redirect to the provider until its response is verified.
 * The write path finishes them.
 */
export interface SingleSignOn {
  readonly db: Db;
  /** The server's SECRET. */
  readonly key: string;
  readonly protocols: LoginProtocols;
  /**
   * Starts of one network in one organization wait here for each other, so that they do not hold a
   * connection each while they wait for the lock of `countOpenFlows`.
   */
  readonly starts: KeyedSemaphore;
}

/** Covers an office whose people log in at the same time. */
const startsWaitingMax = 100;

export function openStarts(): KeyedSemaphore {
  return new KeyedSemaphore(
    1,
    startsWaitingMax,
    () =>
      new OrgError('rate-limited', 'Too many logins from your network begin at the same time. Try again shortly.', {
        retryAfterSeconds: 2,
      }),
  );
}

/**
 * One network, such as an office, has this many logins of one organization in progress. A login
 * takes seconds, and an abandoned one ends after ten minutes.
 */
const openFlowsMax = 20;

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

/** A stored flow whose browser has not been sent to the provider yet. */
export interface OpenedFlow {
  readonly orgId: string;
  readonly handle: string;
  readonly provider: ConfiguredProvider;
  readonly request: LoginRequest;
}

export interface RefusedFlow {
  readonly refused: 'no-provider' | 'too-many';
}

export type BegunFlow =
  /** The browser stores the handle in its cookie, and opens the URL. */
  | { readonly handle: string; readonly url: URL }
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
 * Stores a new flow. It needs only the database, and not the provider.
 * @throws OrgError `rate-limited`, or `unauthenticated` if the session has ended
 */
export async function openFlow(sso: SingleSignOn, { orgId, network, forceLogin, ...begin }: BeginFlow): Promise<OpenedFlow | RefusedFlow> {
  const provider = await readConfiguredProvider(sso.db, sso.key, orgId);
  if (!provider || (provider.record.status !== 'active' && begin.purpose !== 'test')) return { refused: 'no-provider' };
  const handle = randomText();
  const handleHash = hashToken(handle);
  const request: LoginRequest = {
    requestKey: `_${randomHex(24)}`,
    nonce: randomText(),
    verifier: randomText(),
    forceLogin,
  };
  const { id: providerId, generation, protocol } = provider.record;
  const refused = await sso.starts.run(`${orgId} ${network}`, () =>
    transact(sso.db, async (tx) => {
      if ((await countOpenFlows(tx, orgId, network)) >= openFlowsMax) return 'too-many';
      return insertFlow(tx, sso.key, { handleHash, orgId, providerId, generation, protocol, request, network, ...begin });
    }),
  );
  if (refused === 'no-session') throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
  return refused === null ? { orgId, handle, provider, request } : { refused };
}

/** Makes the URL at the provider. Ends the flow if the provider can't be reached. */
export async function leadToProvider(sso: SingleSignOn, { orgId, handle, provider, request }: OpenedFlow): Promise<BegunFlow> {
  try {
    return { handle, url: await sso.protocols[provider.record.protocol].loginUrl(provider, request) };
  } catch (error) {
    await removeFlow(sso.db, { orgId, handleHash: hashToken(handle) });
    return { refused: 'unreachable', provider: provider.record, reason: describeOidcError(error) };
  }
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

/** The open flow of a handle, whether or not the provider has responded. */
export function findFlow({ db, key }: SingleSignOn, handleHash: string): Promise<SsoFlow | null> {
  return readFlow(db, key, handleHash);
}

/** Ends a flow whose response was refused. */
export function endFlow({ db }: SingleSignOn, flow: SsoFlow): Promise<void> {
  return removeFlow(db, flow);
}

/** An open flow whose provider is still the one of its start. */
export interface AwaitedFlow {
  readonly flow: SsoFlow;
  readonly provider: ConfiguredProvider;
}

/**
 * The open flow of this organization that sent the request and awaits its response. Null for any
 * other request.
 */
export async function findAwaitedFlow(sso: SingleSignOn, orgId: string, requestKey: string): Promise<AwaitedFlow | null> {
  const flow = isStorable(requestKey) ? await readFlowOfRequest(sso.db, sso.key, requestKey) : null;
  if (flow?.orgId !== orgId || flow.answer !== null) return null;
  const provider = await readConfiguredProvider(sso.db, sso.key, orgId);
  const isSame = provider?.record.id === flow.providerId && provider.record.generation === flow.generation;
  return isSame ? { flow, provider } : null;
}

/**
 * Takes an awaited flow before its response is verified, because that costs a request to the
 * provider or tens of milliseconds of CPU time. Each flow is therefore verified once, also if its
 * response arrives several times at once, at several instances.
 * @returns false if another request has taken the flow
 */
export function takeAwaitedFlow({ db }: SingleSignOn, flow: SsoFlow): Promise<boolean> {
  return takeFlow(db, flow);
}

/**
 * Stores the response of the provider, for the browser that began the flow. Returns the flow's id
 * for the address of the next page, or the refusal. A refusal is kept for a test only.
 */
export async function saveProviderResponse(
  { db }: SingleSignOn,
  flow: SsoFlow,
  response: VerifiedResponse,
): Promise<{ readonly flowId: string } | Extract<VerifiedResponse, { refused: string }>> {
  const { handleHash, purpose } = flow;
  const checked = await check(db, flow, response);
  if ('refused' in checked && purpose !== 'test') return checked;
  const isStored = await saveResponse(db, flow, checked);
  return isStored ? { flowId: handleHash } : { refused: 'This login already has a response.' };
}

/** Characters. An entry of an index has at most 2,700 bytes, and providers use some 100. */
const subjectLengthMax = 500;

async function check(db: Db, flow: SsoFlow, response: VerifiedResponse): Promise<VerifiedResponse> {
  if ('refused' in response) return isStorable(response.refused) ? response : { refused: 'The response could not be verified.' };
  const refusal = refusalOf(response.identity, flow.request, flow.dateCreated);
  if (refusal) return refusal;
  const { assertion } = response.identity;
  // The command that opens the session checks this again. Here, it saves the person a page.
  const isUsed = assertion !== null && flow.purpose !== 'test' && (await isAssertionUsed(db, flow, assertion.id));
  return isUsed ? { refused: 'The assertion was used before.' } : { identity: normalizeIdentity(response.identity) };
}

function refusalOf(identity: AssertedIdentity, { forceLogin }: LoginRequest, beganAt: string): { readonly refused: string } | null {
  const { subject, authenticatedAt } = identity;
  if (subject === '' || subject.length > subjectLengthMax) return { refused: 'The subject is empty or too long.' };
  if (!isStorableJson(identity)) return { refused: 'The response contains characters that cannot be stored.' };
  const isOld = authenticatedAt !== null && Date.parse(authenticatedAt) < Date.parse(beganAt) - clockSkewMs;
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
