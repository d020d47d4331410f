import { OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { limitAnonymousWrite, networkKeyOf } from '../../../http/limits/limit-requests.ts';
import { queryOf } from '../../../http/pages/browser.ts';
import { KeyedLimit } from '../../../runtime/limits/keyed-limit.ts';
import { findAwaitedFlow, takeAwaitedFlow } from '../flows/flows.ts';
import { flowIdOf } from '../flows/sealed-flow.ts';
import { signOnLimits } from '../limits.ts';
import type { SingleSignOnServices } from '../services.ts';
import { receiveResponse } from './receive-response.ts';
import { assertFewRefused, sendRefusal } from './respond.ts';
import { sealedFlowOf } from './sealed-flow-of.ts';

/**
 * Receives the response of an OpenID Connect provider. Only the browser that began the login may
 * bring it, and only to the callback of the same organization.
 */
export function oidcCallback(services: SingleSignOnServices): RequestHandler {
  const { singleSignOn, publicUrl, rateLimits } = services;
  // These don't wait with the other anonymous writes, which a slow provider would hold up.
  const verifications = new KeyedLimit(signOnLimits.verifiedAtOnce.value, () => {
    return new OrgError('rate-limited', 'Too many logins from your network end at the same time. Try again shortly.', {
      retryAfterSeconds: 2,
    });
  });
  return async (request, response) => {
    const orgId = String(request.params.org);
    const state = queryOf(request, 'state');
    const refuse = () => sendRefusal(response, services, { orgId, refusal: { reason: 'no-flow' } });
    const own = state === null ? null : sealedFlowOf(request, flowIdOf(state), services);
    if (state === null || own?.flow.orgId !== orgId) return refuse();
    await limitAnonymousWrite(rateLimits, request, response, 'providerResponse');
    await verifications.run(`${orgId} ${networkKeyOf(request)}`, async () => {
      const awaited = await findAwaitedFlow(singleSignOn, orgId, state);
      if (awaited?.provider.config.protocol !== 'oidc') return refuse();
      await assertFewRefused(request, services, awaited);
      let isTaken = false;
      const take = async () => {
        isTaken = await takeAwaitedFlow(singleSignOn, awaited);
        return isTaken;
      };
      const { nonce, verifier } = own.flow;
      const sent = { requestKey: state, nonce, verifier, forceLogin: awaited.forceLogin };
      const verified = await singleSignOn.protocols.oidc.verify(awaited.provider, sent, new URL(request.originalUrl, publicUrl), take);
      return isTaken ? receiveResponse(request, response, services, awaited, verified) : refuse();
    });
  };
}
