import type { RequestHandler } from 'express';
import { answerFlow, endFlow, findAwaitedFlow } from '../../../single-sign-on/flows.ts';
import type { Services } from '../../services.ts';
import { handleOf, queryOf } from './browser.ts';
import { redirect, sendFailedAnswer } from './respond.ts';

/**
 * Receives the response of an OpenID Connect provider. Only the browser that began the login may
 * bring it, and only to the callback of the same organization.
 */
export function oidcCallback(services: Services): RequestHandler {
  const { singleSignOn, publicUrl, writePath } = services;
  return async (request, response) => {
    const orgId = String(request.params.org);
    const state = queryOf(request, 'state', services);
    const awaited = state === null ? null : await findAwaitedFlow(singleSignOn, orgId, state);
    const isOwn = awaited !== null && handleOf(request, awaited.flow.handleHash, services) !== null;
    if (!isOwn || awaited.provider.config.protocol !== 'oidc') {
      return sendFailedAnswer(request, response, services, { orgId, refusal: { reason: 'no-flow' } });
    }
    const { flow, provider } = awaited;
    const answer = await singleSignOn.protocols.oidc.verify(provider, flow.request, new URL(request.originalUrl, publicUrl));
    const answered = await answerFlow(singleSignOn, flow, answer);
    if ('refused' in answered) {
      await endFlow(singleSignOn, flow);
      writePath.counters.increment('ssoLogins', 1, 'oidc not-verified');
      const detail = answered.refused;
      return sendFailedAnswer(request, response, services, {
        orgId,
        providerId: flow.providerId,
        refusal: { reason: 'not-verified' },
        detail,
      });
    }
    redirect(response, finishPath(answered.flowId));
  };
}

/** The path of the page that finishes the login, in the browser that began it. */
export function finishPath(flowId: string): string {
  return `/auth/sso/finish/?flow=${flowId}`;
}
