import type { Response } from 'express';
import { formSecurityPolicy } from './form-page.ts';
import { sendHtml } from './send-html.ts';

/**
 * Sends a page. Its forms need an `Origin` header, which browsers replace by `null` with a stricter
 * referrer policy.
 */
export function sendPage(response: Response, html: string, providerOrigin: string | null = null): void {
  response.setHeader('Referrer-Policy', 'same-origin');
  sendHtml(response, html, formSecurityPolicy(providerOrigin));
}

export function redirect(response: Response, location: string): void {
  response.redirect(303, location);
}
