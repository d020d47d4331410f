import type { Request, Response } from 'express';
import { redirect } from '../../../http/pages/send-page.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';
import { type AwaitedFlow, saveProviderResponse } from '../flows/flows.ts';
import { returnOf } from '../flows/sealed-flow.ts';
import type { SingleSignOnServices } from '../services.ts';
import { sendRefusal, sendRefusedResponse } from './respond.ts';

/**
 * Stores the verified response of a provider, and sends the browser to the page that finishes the
 * login. The reason of a refusal is in the log only.
 */
export async function receiveResponse(
  request: Request,
  response: Response,
  services: SingleSignOnServices,
  flow: AwaitedFlow,
  verified: VerifiedResponse,
): Promise<void> {
  const { singleSignOn, writePath } = services;
  const saved = await saveProviderResponse(singleSignOn, flow, verified);
  if ('flowId' in saved) return redirect(response, `/auth/sso/finish/?flow=${returnOf(singleSignOn.key, saved.flowId)}`);
  const { orgId, provider } = flow;
  const { id: providerId, protocol } = provider.record;
  const reason = saved.isByProvider ? 'ended-by-provider' : 'not-verified';
  writePath.counters.increment('ssoLogins', 1, `${protocol} ${reason}`);
  // A login that a person has canceled is no attempt to forge one, and anyone can send what the
  // provider has not signed.
  if (!saved.isByProvider && !saved.isForged) return sendRefusedResponse(request, response, services, flow, saved.refused);
  sendRefusal(response, services, { orgId, providerId, refusal: { reason }, detail: saved.refused });
}
