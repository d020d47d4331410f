import type { RequestHandler } from 'express';
import { findAwaitedFlow } from '../../../single-sign-on/flows.ts';
import type { Services } from '../../services.ts';
import { handleOf, queryOf } from './browser.ts';
import { receiveResponse } from './receive-response.ts';
import { sendFailedLogin } from './respond.ts';

/**
 * Receives the response of an OpenID Connect provider. Only the browser that began the login may
 * bring it, and only to the callback of the same organization.
 */
export function oidcCallback(services: Services): RequestHandler {
  const { singleSignOn, publicUrl } = services;
  return async (request, response) => {
    const orgId = String(request.params.org);
    const state = queryOf(request, 'state');
    const awaited = state === null ? null : await findAwaitedFlow(singleSignOn, orgId, state);
    const isOwn = awaited !== null && handleOf(request, awaited.flow.handleHash, services) !== null;
    if (!isOwn || awaited.provider.config.protocol !== 'oidc') {
      return sendFailedLogin(request, response, services, { orgId, refusal: { reason: 'no-flow' } });
    }
    const { flow, provider } = awaited;
    const verified = await singleSignOn.protocols.oidc.verify(provider, flow.request, new URL(request.originalUrl, publicUrl));
    await receiveResponse(request, response, services, flow, verified);
  };
}
