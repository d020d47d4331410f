import type { Response } from 'express';

/** Sends a page, which caches don't store. */
export function sendHtml(response: Response, html: string, policy: string): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Cache-Control', 'no-store');
  response.type('html').send(html);
}
