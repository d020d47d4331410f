import { OrgError } from '@rollcall/protocol';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { assertOperatorScope, type OperatorCaller } from '../../domain/operator.ts';
import { features } from '../../features/index.ts';
import type { NamedOrganization } from '../../identity/identity.ts';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import type { IdempotencyKey } from '../../write-path/idempotency.ts';
import { eventCallerOf } from '../../write-path/security-events/event-caller.ts';
import { setBytesOwner } from '../limits/buffered-bytes.ts';
import { nameRoute } from '../monitoring/time-requests.ts';
import { assertKnownKeys } from '../requests/fields.ts';
import { ParsedRequest, readIdempotencyKey } from '../requests/parsed-request.ts';
import { assertStorableNames } from '../requests/path-names.ts';
import { assertUncompressed, type RequestBody, readJson, readText, streamBody } from '../requests/request-body.ts';
import type { WantedReceipt } from '../requests/wanted-receipt.ts';
import { sendReply } from '../responses/send-reply.ts';
import { type ReplyWithReceipt, readWantedReceipt, withReceipt } from '../responses/wait-for-receipt.ts';
import { recordOperation, recordOperatorAct } from '../security-events/record-operation.ts';
import { noteParties } from '../security-events/request-origin.ts';
import type { Services } from '../services.ts';
import { findOperator } from './find-operator.ts';
import { healthRoutes } from './health.ts';
import { instanceRoutes } from './instances.ts';
import { memberRoutes } from './members.ts';
import { findNamedOrganization } from './named-organization.ts';
import type { OperatorPlace, OperatorRequest, OperatorRoute } from './operator-route.ts';
import { operatorTokenRoutes } from './operator-tokens.ts';
import { organizationRoutes } from './organizations.ts';
import { outletRoutes } from './outlets.ts';
import { secretRotationRoutes } from './secret-rotation.ts';
import { securityRoutes } from './security.ts';
import { securityEventRoutes } from './security-events.ts';
import { serviceTokenRoutes } from './service-tokens.ts';
import { sessionRoutes } from './sessions.ts';
import { userCredentialRoutes } from './user-credentials.ts';
import { userRoutes } from './users.ts';

/** The API of the server's operator. It is not part of the Sentry-compatible API. */
export const operatorRoutes: readonly OperatorRoute[] = [
  ...healthRoutes,
  ...instanceRoutes,
  ...userRoutes,
  ...userCredentialRoutes,
  ...sessionRoutes,
  ...secretRotationRoutes,
  ...securityEventRoutes,
  ...serviceTokenRoutes,
  ...operatorTokenRoutes,
  // Before the organizations: the path of an import is also that of one with the slug `import`.
  ...addedAt('archives'),
  ...organizationRoutes,
  ...memberRoutes,
  ...securityRoutes,
  ...addedAt('security'),
  ...addedAt('plans'),
  ...outletRoutes,
  ...addedAt('jobs'),
  ...addedAt('imports'),
];

function addedAt(place: OperatorPlace): readonly OperatorRoute[] {
  return features.flatMap(({ operatorRoutes: added = {} }) => added[place] ?? []);
}

/**
 * Without `OPERATOR_TOKEN`, every path is unknown to callers without another token of the operator.
 */
export function operatorRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  // Runs before a body is read, so that callers without a token cannot make us parse 16 MB.
  router.use(authenticateOperator(services));
  for (const path of new Set(operatorRoutes.map((route) => route.path))) {
    router.all(
      path,
      dispatchOperator(
        operatorRoutes.filter((route) => route.path === path),
        services,
      ),
    );
  }
  return router;
}

class ParsedOperatorRequest extends ParsedRequest implements OperatorRequest {
  readonly operator: OperatorCaller;

  constructor(
    operator: OperatorCaller,
    ...[request, body, org, key, receipt]: [Request, RequestBody, NamedOrganization | null, IdempotencyKey | null, WantedReceipt | null]
  ) {
    super(request, body, null, org, key, receipt);
    this.operator = operator;
  }
}

/** The operator of each request, from the check of its token on. */
const operators = new WeakMap<Request, OperatorCaller>();

/** An operator has no rate limit. Other callers do, so that no token can be guessed. */
function authenticateOperator(services: Services): RequestHandler {
  const { hasBootstrap } = services.operator;
  return async (request, response, next) => {
    const operator = await findOperator(request, response, services);
    if (operator !== null) {
      operators.set(request, operator);
      noteParties(request, eventCallerOf(operator), null);
      return next();
    }
    if (!hasBootstrap) return next('router');
    if (request.headers.authorization === undefined) throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    throw new OrgError('unauthenticated', 'Invalid token');
  };
}

function dispatchOperator(onPath: readonly OperatorRoute[], services: Services): RequestHandler {
  const methods = onPath.map(({ method }) => method);
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  return async (request, response) => {
    response.setHeader('Allow', allow);
    nameRoute(response, `${request.baseUrl}${onPath[0]!.path}`);
    const wanted = request.method === 'HEAD' ? 'GET' : request.method;
    const route = onPath.find(({ method }) => method === wanted);
    if (!route) throw new OrgError('method-not-allowed', `Method "${request.method}" not allowed.`);
    assertOperatorScope(operators.get(request)!, route.scope);
    const result = await execute(route, request, response, services);
    recordOperatorAct(services.writePath.securityEvents, route, request, result.reply);
    recordOperation(services.writePath.securityEvents, route.metadata, request, result.reply);
    sendReply(response, await withReceipt(result, response, services));
  };
}

/** Returns before a receipt is awaited, so that the memory of an import is free by then. */
async function execute(route: OperatorRoute, request: Request, response: Response, services: Services): Promise<ReplyWithReceipt> {
  assertUncompressed(request);
  assertStorableNames(request.params);
  const org = route.mayCreateOrganization ? null : await resolveOrg(request, services);
  if (org) noteParties(request, eventCallerOf(operators.get(request)!), org.id);
  const body = await readBody(route, request, response, services);
  const wanted = readWantedReceipt(route, request, 'operator');
  const idempotencyKey = await readIdempotencyKey(request, body, null);
  const parsed = new ParsedOperatorRequest(operators.get(request)!, request, body, org, idempotencyKey, wanted);
  return { reply: await route.handle(parsed, services), wanted };
}

const nothing = z.object({});

async function readBody({ bodyBytesMax: ownMax, metadata }: OperatorRoute, request: Request, response: Response, { buffered }: Services) {
  const limits = { bytesMax: ownMax ?? transferLimits.bodyBytes.value, buffered, owner: setBytesOwner(request, 'operator') };
  if (metadata.bodyType === 'application/gzip') return streamBody(request, response, metadata.bodyType, limits.bytesMax);
  if (metadata.bodyType) return readText(request, response, metadata.bodyType, limits);
  const body = await readJson(request, response, limits);
  assertKnownKeys(metadata.body ?? nothing, body.value);
  return body;
}

async function resolveOrg(request: Request, services: Services): Promise<NamedOrganization | null> {
  const segment = request.params.org;
  if (typeof segment !== 'string') return null;
  const org = await findNamedOrganization(services.db, segment);
  if (!org) throw notFound();
  return org;
}
