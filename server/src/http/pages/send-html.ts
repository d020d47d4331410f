import type { Response } from 'express';
import { escapeHtml } from '../../runtime/text/escape-html.ts';
import { accountPlace } from './form-page.ts';

/** Frames of other origins can't use passkeys. */
const permissionsPolicy = 'publickey-credentials-create=(self), publickey-credentials-get=(self)';

/** Sends a page. One that was made with a session names its user, and leads to a log-out. */
export function sendHtml(response: Response, html: string, policy: string): void {
  const { username } = response.locals as { readonly username?: string };
  const account =
    username === undefined ? '' : `<p class="account"><span>${escapeHtml(username)}</span> <a href="/logout/">Log out</a></p>`;
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Permissions-Policy', permissionsPolicy);
  response.type('html').send(html.replace(accountPlace, () => account));
}
