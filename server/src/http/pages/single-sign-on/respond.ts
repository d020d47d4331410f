import { OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { AttemptLimit } from '../../../identity/attempt-limits.ts';
import { networkKeyOf } from '../../limits/limit-requests.ts';
import type { Services } from '../../services.ts';
import { formSecurityPolicy, renderNotice } from '../form-page.ts';
import { passwordLoginPath } from '../login-page.ts';
import { sendHtml } from '../send-html.ts';
import { noticeOf, type PageRefusal } from './texts.ts';

/**
 * Responses that are not accepted, from one network. The limit is per network, so that an
 * outsider's garbage blocks no organization. Logins that succeed don't count.
 */
const failuresPerAddress: AttemptLimit = { name: 'sso-failure', attemptsMax: 10, windowSeconds: 60 };

/**
 * Sends a page. Its forms need an `Origin` header, which browsers replace by `null` with a stricter
 * referrer policy.
 */
export function sendPage(response: Response, html: string, providerOrigin: string | null = null): void {
  response.setHeader('Referrer-Policy', 'same-origin');
  sendHtml(response, html, formSecurityPolicy(providerOrigin));
}

export function redirect(response: Response, location: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.redirect(303, location);
}

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
export function sendRefusal(response: Response, services: Services, refused: RefusedLogin): void {
  const { orgId, providerId, refusal, detail, next = '/', retryAfterSeconds } = refused;
  const { productName, writePath } = services;
  const facts = { orgId, providerId, reason: refusal.reason, detail };
  // Requests of outsiders would fill the log.
  if (providerId === undefined) writePath.log.debug(facts, 'refused a request to log in by single sign-on');
  else writePath.log.warn(facts, 'refused a login by single sign-on');
  const { status, title, intro } = noticeOf(refusal);
  response.status(status);
  const waitSeconds = retryAfterSeconds ?? (status === 429 ? failuresPerAddress.windowSeconds : null);
  if (waitSeconds !== null) response.setHeader('Retry-After', waitSeconds);
  sendPage(response, renderNotice(productName, { title, intro, link: { label: 'Log in with a password', path: passwordLoginPath(next) } }));
}

/**
 * Shows that the response of a provider was not accepted, and counts it against the network. The
 * response is 429 for a network with too many.
 */
export async function sendFailedLogin(request: Request, response: Response, services: Services, refused: RefusedLogin): Promise<void> {
  try {
    await services.attempts.count(failuresPerAddress, networkKeyOf(request));
  } catch (error) {
    if (!(error instanceof OrgError && error.code === 'rate-limited')) throw error;
    return sendRefusal(response, services, { ...refused, refusal: { reason: 'too-many' } });
  }
  sendRefusal(response, services, refused);
}

/**
 * Refuses a network with too many responses that were not accepted.
 * @throws OrgError `rate-limited`
 */
export function assertFewFailures(request: Request, { attempts }: Services): Promise<void> {
  return attempts.assertRemaining(failuresPerAddress, networkKeyOf(request));
}

/** Shows a page, because a browser has sent the form, if the network or the server is too busy. */
export function withBusyPage(services: Services, handle: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    try {
      await handle(request, response, next);
    } catch (error) {
      if (!(error instanceof OrgError) || (error.code !== 'rate-limited' && error.code !== 'unavailable')) throw error;
      const refusal = { reason: error.code === 'rate-limited' ? 'too-many' : 'busy' } as const;
      sendRefusal(response, services, { orgId: String(request.params.org), refusal, retryAfterSeconds: error.retryAfterSeconds });
    }
  };
}
