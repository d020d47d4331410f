import type { Request, RequestHandler, Response } from 'express';
import { networkOf } from '../../identity/limits/attempt-limits.ts';
import type { LimitState, RateLimits } from '../../identity/limits/rate-limits.ts';
import { readBearerToken } from '../../identity/tokens/authorization-header.ts';
import { costLimits, costs } from '../../runtime/limits/rows/rates.ts';
import { hashToken } from '../../runtime/secrets/hash-token.ts';
import { addressOf } from '../requests/caller-address.ts';
import { allowOrigins, type Origins } from '../responses/cors.ts';
import { scimErrorOf } from '../responses/scim-envelope.ts';
import { sendReply } from '../responses/send-reply.ts';
import { recordKnownOver } from '../security-events/record-refusal.ts';
import type { Services } from '../services.ts';
import { bytesOwnerOf } from './buffered-bytes.ts';

/** The API's own description. It is the only document below `/api/0/` that anyone may read. */
export const openApiPath = '/api/0/openapi.json';

type Limiting = Pick<Services, 'rateLimits' | 'sessionCookie'>;

/**
 * Counts each request against the limit of its address, and against that of its token or session.
 * Both counts are made before the credential is looked up: they take one round trip to Redis, and
 * guesses don't reach the database. OPTIONS has a count of its own: without its response a browser
 * can't read that other requests are limited. Requests without a credential have one too, so that
 * an anonymous flood doesn't use up what clients behind the same address may send. Pages and files
 * count as requests without a credential.
 */
export function limitRequests({ rateLimits, sessionCookie }: Limiting): RequestHandler {
  return async (request, response, next) => {
    const address = networkKeyOf(request);
    if (request.method === 'OPTIONS') {
      rateLimits.assertWithin(await rateLimits.count('requestsPerAddress', `options:${address}`));
      return next();
    }
    const credential = credentialKeyOf(request, sessionCookie);
    const key = credential ?? address;
    const concurrentRemaining = rateLimits.enter(key);
    response.on('close', () => {
      rateLimits.leave(key);
      countRefusal(rateLimits, request, response, credential);
    });
    const states = await Promise.all(
      credential === null
        ? [rateLimits.count('requestsPerAddress', anonymousKeyOf(request), anonymousCost(rateLimits, request))]
        : [rateLimits.count('requestsPerAddress', address), rateLimits.count('requestsPerCredential', credential)],
    );
    response.setHeader('X-Sentry-Rate-Limit-ConcurrentLimit', rateLimits.settings.concurrentRequests);
    response.setHeader('X-Sentry-Rate-Limit-ConcurrentRemaining', Math.max(0, concurrentRemaining));
    assertWithin(rateLimits, response, narrowestOf(states));
    if (concurrentRemaining < 0) rateLimits.refuseConcurrent();
    next();
  };
}

/**
 * Refuses a caller that is known to be over its limit, before anything else is done for the
 * request: no log line, no count in Redis, no middleware. A flood then costs a fraction of what its
 * requests would.
 */
export function refuseKnownOver(services: Limiting & Origins & Pick<Services, 'writePath'>): RequestHandler {
  const { rateLimits, sessionCookie, writePath } = services;
  const allowOrigin = allowOrigins(services);
  return (request, response, next) => {
    if (request.method === 'OPTIONS') return next();
    const credential = credentialKeyOf(request, sessionCookie);
    const state =
      credential === null
        ? knownOverAnonymous(rateLimits, request)
        : (rateLimits.knownOver('requestsPerCredential', credential) ?? rateLimits.knownOver('requestsPerAddress', networkKeyOf(request)));
    if (state === null) return next();
    if (request.path.startsWith('/api/0/')) allowOrigin(request, response, () => {});
    describeLimit(response, state);
    recordKnownOver(writePath.securityEvents, request);
    const { detail, retryAfterSeconds } = rateLimits.refuse(state);
    response.setHeader('Retry-After', retryAfterSeconds);
    response.setHeader('X-Sentry-Error', 'rate-limited');
    sendReply(response, scimErrorOf(request, { status: 429, body: { detail } }));
  };
}

/** The operator's token has no limit, and the operator may share the address of an attacker. */
function knownOverAnonymous(rateLimits: RateLimits, request: Request): LimitState | null {
  const isForOperator = request.path === '/metrics' || request.path.startsWith('/api/operator/');
  if (isForOperator && request.headers.authorization !== undefined) return null;
  return rateLimits.knownOver('requestsPerAddress', anonymousKeyOf(request));
}

/** Describes this limit in the response's headers. @throws OrgError `rate-limited` */
export function assertWithin(rateLimits: RateLimits, response: Response, state: LimitState): void {
  describeLimit(response, state);
  rateLimits.assertWithin(state);
}

function describeLimit(response: Response, state: LimitState): void {
  response.setHeader('X-Sentry-Rate-Limit-Limit', state.max);
  response.setHeader('X-Sentry-Rate-Limit-Remaining', state.remaining);
  response.setHeader('X-Sentry-Rate-Limit-Reset', Math.ceil((Date.now() + state.resetMs) / 1_000));
}

/** A credential that was refused counts as many requests, so that guessing is slow. */
export function countRefusedCredential(
  rateLimits: RateLimits,
  request: Request,
  cost: number = costs.refusedCredential.value,
): Promise<LimitState> {
  return rateLimits.count('requestsPerAddress', networkKeyOf(request), cost);
}

/**
 * Counts a request for the operator by a caller without the operator's token. Without any token it
 * is no guess, and counts with the anonymous requests.
 */
export function countOutsider(rateLimits: RateLimits, request: Request): Promise<LimitState> {
  return request.headers.authorization === undefined
    ? countAnonymousGuess(rateLimits, request)
    : countRefusedCredential(rateLimits, request);
}

/**
 * Counts as many requests where all requests count as anonymous: only that count limits the next
 * guess.
 */
export function countAnonymousGuess(rateLimits: RateLimits, request: Request): Promise<LimitState> {
  return rateLimits.count('requestsPerAddress', anonymousKeyOf(request), costs.refusedCredential.value);
}

/** The key that counts the anonymous requests of a network. */
function anonymousKeyOf(request: Request): string {
  return `anonymous:${networkKeyOf(request)}`;
}

function anonymousCost({ settings }: RateLimits, { path }: Request): number {
  return withinLimit(settings.requestsPerAddress, path.startsWith('/api/') ? costs.anonymousApiRequest.value : costs.anonymousPage.value);
}

/** Counts a write without a credential by its cost. @throws OrgError `rate-limited` */
export async function limitAnonymousWrite(
  rateLimits: RateLimits,
  request: Request,
  response: Response,
  what: 'anonymousWrite' | 'providerResponse' = 'anonymousWrite',
): Promise<void> {
  const cost = withinLimit(rateLimits.settings.requestsPerAddress, costs[what].value, costLimits.partOfLimitForWrites.value);
  assertWithin(rateLimits, response, await rateLimits.count('requestsPerAddress', anonymousKeyOf(request), cost));
}

/**
 * A cost is at most this part of the limit: an operator who sets a low limit still lets such
 * requests through.
 */
function withinLimit(max: number, cost: number, part: number = costLimits.partOfLimit.value): number {
  return Math.max(1, Math.min(cost, Math.floor(max / part)));
}

/**
 * Counts a large response to a caller without a credential by its size, before it is sent.
 * Otherwise an address could make the server send without end. A response counts for at most three
 * quarters of the limit, so that each can be requested even with a low limit.
 * @throws OrgError `rate-limited`
 */
export async function limitResponseBytes(rateLimits: RateLimits, request: Request, response: Response, bytes: number): Promise<void> {
  const cost = Math.min(Math.floor(bytes / costLimits.bytesPerRequest.value), Math.floor(rateLimits.settings.requestsPerAddress * 0.75));
  if (cost === 0 || request.method === 'HEAD') return;
  assertWithin(rateLimits, response, await rateLimits.count('requestsPerAddress', anonymousKeyOf(request), cost));
}

/** The statuses of refused bodies: too large, or of a type that is never accepted. */
const bodyRefusals: ReadonlySet<number> = new Set([413, 415]);

/**
 * Counts a refused request with a credential as several requests, and also an anonymous request
 * whose body is refused. Honest clients seldom send them, and a flood of them gets 429 before it
 * costs more. If the credential was not looked up, for example on an unknown path, it may be
 * invented, so the request counts for the address like an anonymous one.
 */
function countRefusal(rateLimits: RateLimits, request: Request, response: Response, credential: string | null): void {
  const { requestsPerAddress, requestsPerCredential } = rateLimits.settings;
  const { statusCode } = response;
  if (statusCode < 400 || statusCode >= 500 || statusCode === 429) return;
  if (credential === null) {
    if (!bodyRefusals.has(statusCode)) return;
    void rateLimits.count('requestsPerAddress', anonymousKeyOf(request), withinLimit(requestsPerAddress, costs.anonymousWrite.value));
  } else if (bytesOwnerOf(request).pool === 'authenticated') {
    void rateLimits.count('requestsPerCredential', credential, withinLimit(requestsPerCredential, costs.refusedRequest.value) - 1);
  } else if (statusCode !== 401) {
    // With 401 the credential was refused, which is counted where it is looked up.
    void rateLimits.count(
      'requestsPerAddress',
      networkKeyOf(request),
      withinLimit(requestsPerAddress, costs.anonymousApiRequest.value) - 1,
    );
  }
}

/** The headers describe the limit that is reached first. */
function narrowestOf(states: readonly LimitState[]): LimitState {
  return states.reduce((narrowest, state) => {
    if (narrowest.isOver !== state.isOver) return narrowest.isOver ? narrowest : state;
    return state.remaining < narrowest.remaining ? state : narrowest;
  });
}

export function networkKeyOf(request: Request): string {
  return networkOf(addressOf(request) ?? '');
}

/**
 * Whether the route looks up its caller's credential and counts those that are refused. Elsewhere a
 * invented credential costs its sender nothing, so requests count as anonymous.
 */
export function looksUpCredential({ path }: Request): boolean {
  return path.startsWith('/api/0/') && path !== openApiPath;
}

/**
 * Returns a hash, or null for a request that counts as anonymous: counts are stored outside of this
 * process, so they must not contain the credential itself.
 */
export function credentialKeyOf(request: Request, sessionCookie: Limiting['sessionCookie']): string | null {
  const known = credentialKeys.get(request);
  if (known !== undefined) return known;
  const key = readCredentialKey(request, sessionCookie);
  credentialKeys.set(request, key);
  return key;
}

/** Each request's key is read twice. */
const credentialKeys = new WeakMap<Request, string | null>();

function readCredentialKey(request: Request, sessionCookie: Limiting['sessionCookie']): string | null {
  if (!looksUpCredential(request)) return null;
  const { headers } = request;
  const token = tokenOf(headers.authorization) ?? sessionCookie.read(headers.cookie);
  return token === null ? null : hashToken(token);
}

/** A malformed header does not count as a credential. It is refused later. */
function tokenOf(authorization: string | undefined): string | null {
  try {
    return readBearerToken(authorization);
  } catch {
    return null;
  }
}
