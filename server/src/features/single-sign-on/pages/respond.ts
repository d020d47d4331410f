import { OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { networkKeyOf } from '../../../http/limits/limit-requests.ts';
import { renderNotice } from '../../../http/pages/form-page.ts';
import { passwordLoginPath } from '../../../http/pages/login-page.ts';
import { sendPage } from '../../../http/pages/send-page.ts';
import type { AttemptLimit } from '../../../runtime/limits/attempt-limit.ts';
import type { AwaitedFlow, SsoFlow } from '../flows/flows.ts';
import { signOnLimits } from '../limits.ts';
import type { SingleSignOnServices } from '../services.ts';
import { recordRefusedLogin } from './record-login.ts';
import { noticeOf, type PageRefusal } from './texts.ts';

/** The limits on responses that were verified and refused. */
const refusedResponses: Readonly<Record<SsoFlow['protocol'], AttemptLimit>> = {
  saml: signOnLimits.refusedSamlResponses,
  oidc: signOnLimits.refusedOidcResponses,
};

export interface RefusedLogin {
  readonly orgId: string | null;
  /** Absent unless a login was in progress. */
  readonly providerId?: string;
  readonly refusal: PageRefusal;
  /** The reason for the log. It contains no assertion, code or token. */
  readonly detail?: string;
  /** The local path that a login with a password leads to. By default the start page. */
  readonly next?: string;
  /** Defaults to the window of refused responses for 429, and to nothing for other statuses. */
  readonly retryAfterSeconds?: number | null;
}

/** Shows why a login ended. The reason in detail is in the log only. */
export function sendRefusal(response: Response, services: SingleSignOnServices, refused: RefusedLogin): void {
  const { orgId, providerId, refusal, detail, next = '/', retryAfterSeconds } = refused;
  const { productName, writePath } = services;
  const facts = { orgId, providerId, reason: refusal.reason, detail };
  // Requests of outsiders would fill the log.
  if (providerId === undefined) writePath.log.debug(facts, 'refused a request to log in by single sign-on');
  else writePath.log.warn(facts, 'refused a login by single sign-on');
  const { status, title, intro } = noticeOf(refusal);
  recordRefusedLogin(services, response.req, { orgId, isOfLogin: providerId !== undefined, reason: refusal.reason, status });
  response.status(status);
  const waitSeconds = retryAfterSeconds ?? (status === 429 ? signOnLimits.refusedSamlResponses.windowSeconds : null);
  if (waitSeconds !== null) response.setHeader('Retry-After', waitSeconds);
  sendPage(response, renderNotice(productName, { title, intro, link: { label: 'Log in with a password', path: passwordLoginPath(next) } }));
}

/**
 * Shows that the response of a provider was verified and refused, and counts it against the network
 * in this organization. The status is 429 for a network with too many.
 */
export async function sendRefusedResponse(
  request: Request,
  response: Response,
  services: SingleSignOnServices,
  flow: AwaitedFlow,
  detail: string,
): Promise<void> {
  const { orgId, provider } = flow;
  const reason = (await countRefused(request, services, flow)) ? 'not-verified' : 'too-many';
  sendRefusal(response, services, { orgId, providerId: provider.record.id, refusal: { reason }, detail });
}

/** Returns false for a network with too many. */
async function countRefused(request: Request, { attempts }: SingleSignOnServices, flow: AwaitedFlow): Promise<boolean> {
  try {
    await attempts.count(refusedResponses[flow.provider.config.protocol], refusedKeyOf(request, flow));
    return true;
  } catch (error) {
    if (isRateLimited(error)) return false;
    throw error;
  }
}

/**
 * Refuses a network with too many responses that were verified and refused.
 * @throws OrgError `rate-limited`
 */
export function assertFewRefused(request: Request, { attempts }: SingleSignOnServices, flow: AwaitedFlow): Promise<void> {
  return attempts.assertRemaining(refusedResponses[flow.provider.config.protocol], refusedKeyOf(request, flow));
}

function refusedKeyOf(request: Request, { orgId }: AwaitedFlow): string {
  return `${orgId} ${networkKeyOf(request)}`;
}

function isRateLimited(error: unknown): error is OrgError {
  return error instanceof OrgError && error.code === 'rate-limited';
}

/**
 * Shows a page, because a browser has sent the request, if the network, the organization or the
 * server is too busy.
 */
export function withBusyPage(services: SingleSignOnServices, handle: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    try {
      await handle(request, response, next);
    } catch (error) {
      if (!(error instanceof OrgError) || (error.code !== 'rate-limited' && error.code !== 'unavailable')) throw error;
      const refusal = { reason: error.code === 'rate-limited' ? 'too-many' : 'busy' } as const;
      const { org } = request.params;
      const orgId = org === undefined ? null : String(org);
      sendRefusal(response, services, { orgId, refusal, retryAfterSeconds: error.retryAfterSeconds });
    }
  };
}
