import { OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { forbidden, neededSecondFactorOf, notFound } from '../domain/authorize.ts';
import type { AuthenticatedRequest } from '../identity/authenticate.ts';
import { type Caller, callerFrom, ownerKeyOf, usesStoredToken } from '../identity/caller.ts';
import type { NamedOrganization } from '../identity/identity.ts';
import { findForgery } from '../identity/request-forgery.ts';
import { authorizeReader } from '../read-path/queries/authorized-reader.ts';
import { costs } from '../runtime/limits/rows/rates.ts';
import { transferLimits } from '../runtime/limits/rows/transfers.ts';
import { isStorable } from '../runtime/text/storable-text.ts';
import { admitNext } from './limits/admit-suspected.ts';
import { bytesOwnerOf, setBytesOwner } from './limits/buffered-bytes.ts';
import { assertWithin, countRefusedCredential, limitAnonymousWrite, networkKeyOf } from './limits/limit-requests.ts';
import { nameRoute } from './monitoring/time-requests.ts';
import { addressOf } from './requests/caller-address.ts';
import { credentialsMissing, ParsedRequest, readIdempotencyKey } from './requests/parsed-request.ts';
import { assertStorableNames } from './requests/path-names.ts';
import { assertRecentCode, assertRecentLogin } from './requests/recent-login.ts';
import {
  announcedBytes,
  assertUncompressed,
  emptyBody,
  hasBody,
  jsonTypes,
  type RequestBody,
  readJson,
  unsupportedType,
} from './requests/request-body.ts';
import { isAllowedOrigin, sendOptions } from './responses/cors.ts';
import { scimTypes } from './responses/scim-envelope.ts';
import { sendReply } from './responses/send-reply.ts';
import { type ReplyWithReceipt, readWantedReceipt, withReceipt } from './responses/wait-for-receipt.ts';
import type { Route } from './route.ts';
import { recordOperation } from './security-events/record-operation.ts';
import { noteParties, originOf, requestCallerOf } from './security-events/request-origin.ts';
import type { Services } from './services.ts';

/**
 * Handles the requests of one path. It checks the method, the credentials, the token's scopes and
 * the organization, then reads the body and calls the endpoint (REST contract 3.1).
 */
export function dispatch(onPath: readonly Route[], services: Services): RequestHandler {
  const allow = methodsOf(onPath).join(', ');
  return async (request, response) => {
    response.setHeader('Allow', allow);
    response.setHeader('Access-Control-Allow-Methods', allow);
    nameRoute(response, `${request.baseUrl}${onPath[0]!.path}`);
    if (request.method === 'OPTIONS') return sendOptions(response);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = onPath.find((one) => one.method === method);
    if (!route) throw new OrgError('method-not-allowed', `Method "${request.method}" not allowed.`);
    const result = await execute(route, request, response, services);
    recordOperation(services.writePath.securityEvents, route.metadata, request, result.reply);
    sendReply(response, await withReceipt(result, response, services));
  };
}

/**
 * Refuses or executes the request. It returns before a receipt is awaited, so that the memory of
 * the body is free by then.
 */
async function execute(route: Route, request: Request, response: Response, services: Services): Promise<ReplyWithReceipt> {
  assertUncompressed(request);
  assertJson(request, jsonTypesOf(route));
  assertCredentialSent(route, request, services);

  const serverRevision = services.events.serverRevision();
  const { caller, org } = await authenticateFor(route, request, services);
  admitNext(response);
  await assertOwnLimit(route, caller, services, response);
  assertSecondFactor(route, caller);
  assertBound(route, request, caller, org);
  assertScope(route, caller);
  assertStorableNames(request.params);
  if (namesOrg(request) && !org) throw notFound();
  if (route.needsRecentCode && caller) assertRecentCode(caller);
  if (route.needsRecentLogin && caller) assertRecentLogin(caller, org);
  const body = await readBody(route, request, response, caller, org, services);
  const wanted = readWantedReceipt(route, request, caller && ownerKeyOf(caller));
  const isGone = () => response.closed;
  const inSlot = caller !== null && takesLookupSlots(route) ? services.callerLimits.reads.forRequest(caller, isGone) : undefined;
  const idempotencyKey = await readIdempotencyKey(request, body, caller);
  const parsed = new ParsedRequest(request, body, caller, org, idempotencyKey, wanted, serverRevision, inSlot);
  const handle = () => route.handle(parsed, services);
  if (caller !== null && takesReadSlot(route)) {
    const { reads } = services.callerLimits;
    const isLong = route.method !== 'GET' || route.isLong;
    const reply = await (isLong ? reads.runLongRequest(caller, handle, isGone) : reads.runRequest(caller, handle, isGone));
    return { reply, wanted };
  }
  if (caller !== null || route.method === 'GET') return { reply: await handle(), wanted };
  await limitAnonymousWrite(services.rateLimits, request, response);
  return {
    reply: await services.callerLimits.anonymousWrites.run(handle, { keys: [networkKeyOf(request)], closed: parsed.whenClosed() }),
    wanted,
  };
}

/**
 * Whether the requests of a caller are handled a few at a time. Reads are, and so are writes that
 * need no credential, such as logins: sending one must not lift their limit. Other writes wait in
 * the write queue.
 */
function takesReadSlot({ method, callers, limitsOwnReads, endsAccess }: Route): boolean {
  return method === 'GET' ? !limitsOwnReads : callers === 'anyone' && !endsAccess;
}

/**
 * Whether the look-ups of a request take slots of the caller's reads. A request that has taken one
 * for its whole duration must not wait for another.
 */
function takesLookupSlots(route: Route): boolean {
  return route.method !== 'GET' && !route.endsAccess && !takesReadSlot(route);
}

/**
 * The body of a caller without a credential has a low limit. For other callers, a large body is
 * read only after their access and their role are checked.
 */
async function readBody(
  route: Route,
  request: Request,
  response: Response,
  caller: Caller | null,
  org: NamedOrganization | null,
  services: Services,
): Promise<RequestBody> {
  const { buffered, limits } = services;
  const bytesMax = route.bodyBytesMax ?? (caller === null ? limits.anonymousBodyBytes : transferLimits.bodyBytes.value);
  if (announcedBytes(request) > transferLimits.bodyBeforeEntryBytes.value && route.callers !== 'anyone' && caller !== null) {
    const authorize = async () => {
      if (org) await authorizeReader(services.db, org.id, caller.actor);
      await route.authorizeLargeBody?.(new ParsedRequest(request, emptyBody, caller, org), services);
    };
    // Refused requests would otherwise take all database connections.
    await services.callerLimits.reads.forRequest(caller, () => response.closed)(authorize);
  }
  return readJson(request, response, {
    bytesMax,
    json: { partsMax: route.bodyPartsMax, restBytesMax: route.bodyRestBytesMax },
    buffered,
    owner: bytesOwnerOf(request),
    types: jsonTypesOf(route),
  });
}

function jsonTypesOf({ isScim }: Route): readonly string[] {
  return isScim ? scimTypes : jsonTypes;
}

/** The methods of a path. HEAD and OPTIONS are added automatically. */
function methodsOf(onPath: readonly Route[]): string[] {
  const own = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter((method) => onPath.some((route) => route.method === method));
  return [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}

interface Parties {
  /** Null only on routes that anyone may call. */
  readonly caller: Caller | null;
  /**
   * Null if there is no such organization, or the path has none. Which of the two it is matters
   * only after the scopes are checked.
   */
  readonly org: NamedOrganization | null;
}

/** Authenticates the caller, and finds the organization of the path. */
async function authenticateFor(route: Route, request: Request, services: Services): Promise<Parties> {
  const { callers, tokenRefusal } = route;
  const sessionToken = services.sessionCookie.read(request.headers.cookie);
  const { authentication, org } = await lookUp(request, sessionToken, services).catch((error: unknown) => {
    if (error instanceof OrgError && error.code === 'unauthenticated') countGuess(request, services);
    throw error;
  });
  const caller = authentication && callerFrom(authentication, addressOf(request), Date.now());
  if (caller === null && sessionToken !== null) countGuess(request, services);
  if (caller !== null) {
    setBytesOwner(request, ownerKeyOf(caller));
    services.uses.service(caller.actor);
    noteParties(request, requestCallerOf(caller), org?.id ?? null);
    if (usesStoredToken(caller)) services.uses.networks.used(caller.credentialId, originOf(request));
  }
  if (caller === null && callers !== 'anyone') throw credentialsMissing();
  // A token identifies its caller, but is not allowed here (REST contract 10.2).
  if (callers === 'session' && !caller?.session) throw tokenRefusal ? new OrgError('forbidden', tokenRefusal) : forbidden();
  if (caller?.actor.kind === 'org-token' && caller.actor.isForScim && !route.isScim) throw forbidden();
  // Pages of other sites may neither use a session nor start one.
  if (caller === null || caller.session !== null) assertOwnPage(request, services, jsonTypesOf(route));
  return { caller, org };
}

/** A name with characters that PostgreSQL does not accept names no organization. */
async function lookUp(
  { params: { org }, headers }: Request,
  sessionToken: string | null,
  services: Services,
): Promise<AuthenticatedRequest> {
  const credentials = { authorization: headers.authorization, sessionToken };
  if (typeof org === 'string' && isStorable(org)) return services.authenticateIn(credentials, org);
  return { authentication: await services.authenticate(credentials), org: null };
}

function countGuess(request: Request, { rateLimits, callerLimits: { suspectedAddresses } }: Services): void {
  const network = networkKeyOf(request);
  void countRefusedCredential(
    rateLimits,
    request,
    suspectedAddresses.has(network) ? costs.repeatedGuess.value : costs.refusedCredential.value,
  );
  suspectedAddresses.add(network);
}

/**
 * Requests of a user count for the user, those of an organization token for the organization (REST
 * contract 1.4).
 */
async function assertOwnLimit({ limit, method }: Route, caller: Caller | null, services: Services, response: Response): Promise<void> {
  if (limit === undefined || caller === null) return;
  assertWithin(services.rateLimits, response, await services.rateLimits.count(limit, `${method}:${ownerKeyOf(caller)}`));
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Other pages can make a browser send cookies. They can neither forge its origin nor, without a
 * preflight request, send a body with the JSON content type (docs/adr/0015).
 */
function assertOwnPage(request: Request, services: Services, types: readonly string[]): void {
  if (safeMethods.has(request.method)) return;
  const forgery = findForgery(request.headers, (origin) => isAllowedOrigin(services, origin));
  if (forgery !== null) throw new OrgError('forbidden', `CSRF Failed: ${forgery}`);
  if (hasBody(request) && !request.is([...types])) throw unsupportedType(String(request.headers['content-type'] ?? ''));
}

/** Uses the parser's own test for JSON: an unparsed body would be treated as an empty one. */
function assertJson(request: Request, types: readonly string[]): void {
  const type = request.headers['content-type'];
  if (hasBody(request) && type !== undefined && !request.is([...types])) throw unsupportedType(type);
}

function assertScope({ scopes, method }: Route, caller: Caller | null): void {
  const held = caller?.actor.tokenScopes ?? null;
  // Some writes need no more than a scope to read, for example creating an organization token.
  if (caller?.actor.kind === 'service' && method !== 'GET' && [...held!].every((scope) => scope.endsWith(':read'))) throw forbidden();
  if (held !== null && scopes.length > 0 && !scopes.some((scope) => held.has(scope))) throw forbidden();
}

/** Refuses a request that can't succeed before any lookup is made for it. */
function assertCredentialSent({ callers }: Route, { headers }: Request, { sessionCookie }: Services): void {
  const isSent = headers.authorization !== undefined || sessionCookie.read(headers.cookie) !== null;
  if (!isSent && callers !== 'anyone') throw credentialsMissing();
}

function namesOrg({ params }: Request): boolean {
  return params.org !== undefined;
}

/**
 * A credential that is bound to some organizations is not one for others. This is checked before
 * the token's scopes (REST contract 2, 3.1). A session also calls the routes of its own account,
 * except those that need a full login. Such a session can create tokens, so they are refused there
 * too.
 */
function assertBound(route: Route, request: Request, caller: Caller | null, org: NamedOrganization | null): void {
  const boundOrgIds = caller?.actor.kind === 'user' ? caller.actor.boundOrgIds : null;
  if (boundOrgIds === null) return;
  const isReached = org !== null && boundOrgIds.has(org.id);
  if (namesOrg(request) && !isReached) throw new OrgError('unauthenticated', 'Unauthorized organization access.');
  if (!caller!.session && !isReached && !route.takesBoundTokens) {
    throw new OrgError('unauthenticated', 'This token access is limited to organization endpoints.');
  }
  assertFullLogin(route);
}

/**
 * Where the server requires a second factor, a session without one may only set it up, or enter its
 * code (`REQUIRE_2FA`). Routes that need no credential stay open, except those that act for the
 * account.
 */
function assertSecondFactor({ isForEnrolment, callers, needsFullLogin }: Route, caller: Caller | null): void {
  if (isForEnrolment || (callers === 'anyone' && !needsFullLogin) || caller?.actor.kind !== 'user') return;
  const needed = neededSecondFactorOf(caller.actor);
  if (needed === null) return;
  const message =
    needed === 'setup'
      ? 'This server requires two-factor authentication. Set it up for your account first.'
      : 'This server requires two-factor authentication. Enter a code first.';
  throw new OrgError('two-factor-required', message, { body: { detail: { code: '2fa-required', message, extra: {} } } });
}

/**
 * The identity provider of one organization decided that this caller is the user. That must not
 * give access to the account.
 */
function assertFullLogin({ needsFullLogin }: Route): void {
  if (!needsFullLogin) return;
  const message = 'Log in with your password to change this.';
  throw new OrgError('full-login-required', message, { body: { detail: { code: 'full-login-required', message, extra: {} } } });
}
