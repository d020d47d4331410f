import type { Response } from 'express';

/** Frames of other origins can't use passkeys. */
const permissionsPolicy = 'publickey-credentials-create=(self), publickey-credentials-get=(self)';

export function sendHtml(response: Response, html: string, policy: string): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Permissions-Policy', permissionsPolicy);
  response.type('html').send(html);
}
