import { createHash } from 'node:crypto';
import { canonicalJson, OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler } from 'express';
import { forbidden, notFound } from '../domain/authorize.ts';
import type { Caller } from '../identity/caller.ts';
import { findOrganization } from '../read-path/queries/find-organization.ts';
import { isStorable } from '../runtime/storable-text.ts';
import type { IdempotencyKey } from '../write-path/idempotency.ts';
import { sendReply } from './answer.ts';
import type { ApiRequest, ResolvedOrg, Route, WriteContext } from './route.ts';
import type { Services } from './services.ts';

/** Longer keys are a mistake; a UUID has 36 characters. */
const idempotencyKeyLengthMax = 255;

/** Answers one path: method, credentials, the token's scopes, the organization, then the endpoint (spec: 3.1). */
export function dispatch(onPath: readonly Route[], services: Services): RequestHandler {
  const allow = [...onPath.map(({ method }) => method), 'OPTIONS'].join(', ');
  return async (request, response) => {
    response.setHeader('Allow', allow);
    response.setHeader('X-Request-Id', String(request.id));
    const wanted = request.method === 'HEAD' ? 'GET' : request.method;
    const route = onPath.find(({ method }) => method === wanted);
    if (!route) throw new OrgError('method-not-allowed', `Method "${request.method}" not allowed.`);
    assertJson(request);

    const caller = await services.authenticate(request.headers.authorization);
    if (!caller) throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    assertScope(route, caller);
    assertNamesStorable(request);
    const org = await resolveOrg(request, caller, services);
    sendReply(response, await route.handle(toApiRequest(request, caller, org), services));
  };
}

/** What is taken for JSON here is what the parser took for it: an unparsed body would be read as an empty one. */
function assertJson(request: Request): void {
  const type = request.headers['content-type'];
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && type !== undefined && !request.is('application/json')) {
    throw new OrgError('unsupported-media-type', `Unsupported media type "${type}" in request.`);
  }
}

function assertScope({ scopes }: Route, { actor }: Caller): void {
  const held = actor.tokenScopes;
  if (held !== null && scopes.length > 0 && !scopes.some((scope) => held.has(scope))) throw forbidden();
}

/** PostgreSQL cannot even be asked for some characters, so nothing has such a name. */
function assertNamesStorable({ params }: Request): void {
  if (
    Object.values(params)
      .flat()
      .some((name) => name !== undefined && !isStorable(name))
  )
    throw notFound();
}

async function resolveOrg(request: Request, { actor }: Caller, services: Services): Promise<ResolvedOrg | null> {
  const segment = request.params.org;
  const boundOrgId = actor.kind === 'user' ? actor.boundOrgId : null;
  if (typeof segment !== 'string') {
    if (boundOrgId !== null) throw new OrgError('unauthenticated', 'This token access is limited to organization endpoints.');
    return null;
  }
  const org = await findOrganization(services.db, segment);
  if (!org) throw notFound();
  if (boundOrgId !== null && boundOrgId !== org.id) throw new OrgError('unauthenticated', 'Unauthorized organization access.');
  return org;
}

function toApiRequest(request: Request, caller: Caller, org: ResolvedOrg | null): ApiRequest {
  const url = urlOf(request);
  return {
    caller,
    get org(): ResolvedOrg {
      if (!org) throw new Error(`${url.pathname} names no organization.`);
      return org;
    },
    params: request.params as Record<string, string>,
    query: url.searchParams,
    body: request.body ?? {},
    url,
    writeContext: readWriteContext(request, caller.credentialId),
  };
}

/** @throws OrgError `invalid` for the whole URL that a proxy would send, when it is none */
export function urlOf({ originalUrl }: Request): URL {
  const base = 'http://localhost';
  if (!URL.canParse(originalUrl, base)) throw new OrgError('invalid', 'Bad request.');
  return new URL(originalUrl, base);
}

/** @param credentialId the caller's token; null for the operator's */
export function readWriteContext(request: Request, credentialId: string | null): WriteContext {
  return {
    requestId: String(request.id),
    idempotencyKey: readIdempotencyKey(request, credentialId),
    ifMatch: request.get('If-Match') ?? null,
  };
}

function readIdempotencyKey(request: Request, credentialId: string | null): IdempotencyKey | null {
  const key = request.get('Idempotency-Key')?.trim();
  if (!key) return null;
  if (key.length > idempotencyKeyLengthMax)
    throw new OrgError('invalid', `An Idempotency-Key has at most ${idempotencyKeyLengthMax} characters.`);
  const fingerprint = createHash('sha256')
    .update(canonicalJson([credentialId, request.method, request.originalUrl, request.body ?? null]))
    .digest('hex');
  return { key, fingerprint };
}
