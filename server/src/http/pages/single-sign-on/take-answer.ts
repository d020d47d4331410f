import type { Request, Response } from 'express';
import type { VerifiedAnswer } from '../../../domain/single-sign-on/asserted-identity.ts';
import { answerFlow, endFlow, type SsoFlow } from '../../../single-sign-on/flows.ts';
import type { Services } from '../../services.ts';
import { redirect, sendFailedAnswer } from './respond.ts';

/**
 * Stores the verified response of a provider, and sends the browser to the page that finishes the
 * login. A refusal ends the login, and its reason is in the log only.
 */
export async function takeAnswer(
  request: Request,
  response: Response,
  services: Services,
  flow: SsoFlow,
  answer: VerifiedAnswer,
): Promise<void> {
  const { singleSignOn, writePath } = services;
  const answered = await answerFlow(singleSignOn, flow, answer);
  if ('flowId' in answered) return redirect(response, `/auth/sso/finish/?flow=${answered.flowId}`);
  await endFlow(singleSignOn, flow);
  writePath.counters.increment('ssoLogins', 1, `${flow.protocol} not-verified`);
  const { orgId, providerId } = flow;
  await sendFailedAnswer(request, response, services, { orgId, providerId, refusal: { reason: 'not-verified' }, detail: answered.refused });
}
