import { createHash } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import type { RateLimits } from '../../identity/rate-limits.ts';
import { limitResponseBytes } from '../limits/limit-requests.ts';
import { operatorRoutes } from '../operator/router.ts';
import { pageSecurityPolicy } from '../pages/form-page.ts';
import { routes } from '../routes.ts';
import type { Services } from '../services.ts';
import { describeApi, type OpenApiDocument } from './document.ts';
import { referenceScript, referenceStyle } from './reference/assets.ts';
import { referencePage } from './reference/page.ts';

/**
 * The next start may bring another version, so caches revalidate each time; an unchanged document
 * gets 304.
 */
const caching = 'public, max-age=0, must-revalidate';

/** The API's own description, for programs and for people. Anyone may read it. */
export function openApiRouter({ version, productName, rateLimits }: Pick<Services, 'version' | 'productName' | 'rateLimits'>): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const { json, page } = renderOwnApi(version, productName);
  const send = (type: string, text: string) => sendText(type, text, rateLimits);
  router.get('/api/0/openapi.json', send('application/json', json));
  router.get(['/api/docs', '/api/docs/'], send('text/html; charset=utf-8', page));
  router.get('/pages/reference.css', send('text/css; charset=utf-8', referenceStyle));
  router.get('/pages/reference.js', send('text/javascript; charset=utf-8', referenceScript));
  return router;
}

interface RenderedApi {
  readonly json: string;
  readonly page: string;
}

/** Documents, keyed by version and product name. */
const rendered = new Map<string, RenderedApi>();

/**
 * Rendered at the start, once per process. Rendering blocks the event loop for up to 100 ms, which
 * on demand would delay all other callers.
 */
function renderOwnApi(version: string, productName: string): RenderedApi {
  const key = JSON.stringify([version, productName]);
  const known = rendered.get(key);
  if (known) return known;
  const document = describeOwnApi(version, { isClosed: false, title: productName });
  const made = { json: JSON.stringify(document), page: referencePage(document) };
  rendered.set(key, made);
  return made;
}

export function describeOwnApi(version: string, options?: Parameters<typeof describeApi>[2]): OpenApiDocument {
  const tables = [
    { base: '/api/0', routes },
    { base: '/api/operator', routes: operatorRoutes },
  ];
  return describeApi(tables, version, options);
}

function sendText(type: string, text: string, rateLimits: RateLimits): RequestHandler {
  // Encoding a megabyte of text at each request would delay all other callers.
  const bytes = Buffer.from(text);
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  return async (request, response) => {
    response.set({ 'Cache-Control': caching, ETag: tag, 'Content-Security-Policy': pageSecurityPolicy });
    if (request.fresh) return void response.status(304).end();
    await limitResponseBytes(rateLimits, request, response, bytes.length);
    response.setHeader('Content-Type', type);
    response.end(bytes);
  };
}
