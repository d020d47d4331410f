import type { Response } from 'express';

export function sendHtml(response: Response, html: string, policy: string): void {
  response.setHeader('Content-Security-Policy', policy);
  response.type('html').send(html);
}
