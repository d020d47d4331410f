import { OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { KeyedLimit } from '../../../runtime/keyed-limit.ts';
import { findAwaitedFlow, takeAwaitedFlow } from '../../../single-sign-on/flows.ts';
import { limitAnonymousWrite, networkKeyOf } from '../../limits/limit-requests.ts';
import type { Services } from '../../services.ts';
import { handleOf, queryOf } from './browser.ts';
import { receiveResponse } from './receive-response.ts';
import { assertFewRefused, sendRefusal } from './respond.ts';

/**
 * Responses of one network that are verified at a time. Each sends a request to a provider, which
 * all organizations reach over four connections. Large offices log in ten people a second, and a
 * provider takes less than a second.
 */
const verifiedAtOnceMax = 20;

/**
 * Receives the response of an OpenID Connect provider. Only the browser that began the login may
 * bring it, and only to the callback of the same organization.
 */
export function oidcCallback(services: Services): RequestHandler {
  const { singleSignOn, publicUrl, rateLimits, ssoCookie } = services;
  // These don't wait with the other anonymous writes, which a slow provider would hold up.
  const verifications = new KeyedLimit(verifiedAtOnceMax, () => {
    return new OrgError('rate-limited', 'Too many logins from your network end at the same time. Try again shortly.', {
      retryAfterSeconds: 2,
    });
  });
  return async (request, response) => {
    const orgId = String(request.params.org);
    const state = queryOf(request, 'state');
    const refuse = () => sendRefusal(response, services, { orgId, refusal: { reason: 'no-flow' } });
    if (state === null || ssoCookie.read(request.headers.cookie).length === 0) return refuse();
    await limitAnonymousWrite(rateLimits, request, response);
    await assertFewRefused(request, services, 'oidc');
    await verifications.run(networkKeyOf(request), async () => {
      const awaited = await findAwaitedFlow(singleSignOn, orgId, state);
      const isOwn = awaited !== null && handleOf(request, awaited.flow.handleHash, services) !== null;
      if (!isOwn || awaited.provider.config.protocol !== 'oidc') return refuse();
      const { flow, provider } = awaited;
      if (!(await takeAwaitedFlow(singleSignOn, flow))) return refuse();
      const verified = await singleSignOn.protocols.oidc.verify(provider, flow.request, new URL(request.originalUrl, publicUrl));
      await receiveResponse(request, response, services, flow, verified);
    });
  };
}
