import { OrgError } from '@rollcall/protocol';
import type { Request, Response } from 'express';
import { type AttemptLimit, networkOf } from '../../../identity/attempt-limits.ts';
import { addressOf } from '../../requests/caller-address.ts';
import type { Services } from '../../services.ts';
import { formSecurityPolicy, renderNotice } from '../form-page.ts';
import { passwordLoginPath } from '../login-page.ts';
import { sendHtml } from '../send-html.ts';
import { noticeOf, type PageRefusal } from './texts.ts';

/**
 * Responses that are not accepted, from one network. The limit is per network, so that an
 * outsider's garbage blocks no organization.
 */
const failuresPerAddress: AttemptLimit = { name: 'sso-failure', attemptsMax: 10, windowSeconds: 60 };

export function networkOfRequest(request: Request): string {
  return networkOf(addressOf(request) ?? '');
}

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
}

/** Shows why a login ended. The reason in detail is in the log only. */
export function sendRefusal(
  response: Response,
  services: Services,
  { orgId, providerId, refusal, detail, next = '/' }: RefusedLogin,
): void {
  const { productName, writePath } = services;
  const facts = { orgId, providerId, reason: refusal.reason, detail };
  // Requests of outsiders would fill the log.
  if (providerId === undefined) writePath.log.debug(facts, 'refused a request to log in by single sign-on');
  else writePath.log.warn(facts, 'refused a login by single sign-on');
  const { status, title, intro } = noticeOf(refusal);
  response.status(status);
  if (status === 429) response.setHeader('Retry-After', failuresPerAddress.windowSeconds);
  sendPage(response, renderNotice(productName, { title, intro, link: { label: 'Log in with a password', path: passwordLoginPath(next) } }));
}

/**
 * Shows that the response of a provider was not accepted, and counts it against the network. The
 * response is 429 for a network with too many.
 */
export async function sendFailedLogin(request: Request, response: Response, services: Services, refused: RefusedLogin): Promise<void> {
  try {
    await services.attempts.count(failuresPerAddress, networkOfRequest(request));
  } catch (error) {
    if (!(error instanceof OrgError && error.code === 'rate-limited')) throw error;
    return sendRefusal(response, services, { ...refused, refusal: { reason: 'too-many' } });
  }
  sendRefusal(response, services, refused);
}
