import type { Request, Response } from 'express';
import type { VerifiedResponse } from '../../../domain/single-sign-on/asserted-identity.ts';
import { endFlow, type SsoFlow, saveProviderResponse } from '../../../single-sign-on/flows.ts';
import type { Services } from '../../services.ts';
import { redirect, sendRefusal, sendRefusedResponse } from './respond.ts';

/**
 * Stores the verified response of a provider, and sends the browser to the page that finishes the
 * login. A refusal ends the login, and its reason is in the log only.
 */
export async function receiveResponse(
  request: Request,
  response: Response,
  services: Services,
  flow: SsoFlow,
  verified: VerifiedResponse,
): Promise<void> {
  const { singleSignOn, writePath } = services;
  const saved = await saveProviderResponse(singleSignOn, flow, verified);
  if ('flowId' in saved) return redirect(response, `/auth/sso/finish/?flow=${saved.flowId}`);
  await endFlow(singleSignOn, flow);
  const reason = saved.isByProvider ? 'ended-by-provider' : 'not-verified';
  writePath.counters.increment('ssoLogins', 1, `${flow.protocol} ${reason}`);
  if (!saved.isByProvider) return sendRefusedResponse(request, response, services, flow, saved.refused);
  // A login that a person has canceled is no attempt to forge one.
  const { orgId, providerId } = flow;
  sendRefusal(response, services, { orgId, providerId, refusal: { reason }, detail: saved.refused });
}
