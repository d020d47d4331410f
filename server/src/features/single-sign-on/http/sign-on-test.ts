import { OrgError } from '@rollcall/protocol';
import { type ResponseOf, signOnTestShape, startedSignOnTestShape } from '@rollcall/protocol/rest/shapes';
import { notFound } from '../../../domain/authorize.ts';
import { sessionOf } from '../../../http/endpoints/identity/session-caller.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { beginFlow } from '../flows/flows.ts';
import { findSignOnTest } from '../queries/sign-on-test.ts';
import type { SingleSignOnServices } from '../services.ts';

const path = '/organizations/:org/auth-provider/test/';

export const signOnTestRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'POST',
    path,
    callers: 'session',
    needsRecentLogin: true,
    scopes: ['org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'startSignOnTest',
      summary: 'Test the identity provider',
      description: 'Begins a login that logs no one in and links nothing. The response sets a cookie, so the same browser must open `url`.',
      isCommand: false,
      responses: { 201: startedSignOnTestShape },
    },
    handle: start,
  },
  {
    method: 'GET',
    path: `${path}:test/`,
    callers: 'session',
    scopes: ['org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'getSignOnTest',
      summary: 'Get the result of a test',
      description: 'The result is available for ten minutes, to the session that started the test.',
      responses: { 200: signOnTestShape },
    },
    handle: read,
  },
];

async function start(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller, cookie, ipAddress } = request;
  await request.inSlot(() => authorizeReader(services.db, org.id, caller.actor, ['org:admin']));
  const { userId, sessionId } = sessionOf(caller);
  const begun = await beginFlow(services.singleSignOn, {
    orgId: org.id,
    purpose: 'test',
    invite: null,
    session: { userId, sessionId },
    next: '/',
    network: networkOf(ipAddress ?? ''),
    forceLogin: false,
  });
  if ('refused' in begun) throw refusalOf(begun.refused, 'reason' in begun ? begun.reason : '');
  const body: ResponseOf<typeof startedSignOnTestShape> = { id: begun.id, url: begun.url.href };
  return { status: 201, body, headers: { 'Set-Cookie': services.ssoCookie.add(cookie, begun.sealed) } };
}

/** @param reason shown to administrators. It contains no secret. */
function refusalOf(refused: 'no-provider' | 'too-many' | 'unreachable', reason: string): OrgError {
  if (refused === 'no-provider') return notFound();
  if (refused === 'too-many')
    return new OrgError('rate-limited', 'Too many logins from your network are in progress.', { retryAfterSeconds: 60 });
  return new OrgError('invalid', 'The identity provider can’t be used.', {
    body: { detail: `The identity provider can’t be used. ${reason} Check the issuer.` },
  });
}

async function read({ org, caller, params }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  await authorizeReader(services.db, org.id, caller.actor, ['org:admin']);
  const result = await findSignOnTest(services.db, org.id, params.test!, sessionOf(caller).sessionId);
  if (result === null) throw notFound();
  const pending = { ok: null, subject: null, email: null, name: null, attributes: {}, wouldLinkTo: null, problems: [] };
  const body = (result === 'pending' ? pending : result) as ResponseOf<typeof signOnTestShape>;
  return { status: 200, body };
}
