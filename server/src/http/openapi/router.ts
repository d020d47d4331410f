import { createHash } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { operatorRoutes } from '../operator/router.ts';
import { pageSecurityPolicy } from '../pages/page.ts';
import { routes } from '../routes.ts';
import type { Services } from '../services.ts';
import { describeApi, type OpenApiDocument } from './document.ts';
import { referenceScript, referenceStyle } from './reference/assets.ts';
import { referencePage } from './reference/page.ts';

/** Another version may come with the next start, so that everyone asks again; who has this one is answered without a body. */
const caching = 'public, max-age=0, must-revalidate';

/** The API's description of itself, for programs and for people. It is nobody's secret. */
export function openApiRouter({ version, productName }: Pick<Services, 'version' | 'productName'>): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const document = once(() => describeOwnApi(version, { isClosed: false, title: productName }));
  router.get(
    '/api/0/openapi.json',
    sendText(
      'application/json',
      once(() => JSON.stringify(document())),
    ),
  );
  router.get(
    ['/api/docs', '/api/docs/'],
    sendText(
      'text/html; charset=utf-8',
      once(() => referencePage(document())),
    ),
  );
  router.get(
    '/pages/reference.css',
    sendText('text/css; charset=utf-8', () => referenceStyle),
  );
  router.get(
    '/pages/reference.js',
    sendText('text/javascript; charset=utf-8', () => referenceScript),
  );
  return router;
}

export function describeOwnApi(version: string, options?: Parameters<typeof describeApi>[2]): OpenApiDocument {
  const tables = [
    { base: '/api/0', routes },
    { base: '/api/operator', routes: operatorRoutes },
  ];
  return describeApi(tables, version, options);
}

function sendText(type: string, read: () => string): RequestHandler {
  const tag = once(() => `"${createHash('sha256').update(read()).digest('base64url').slice(0, 22)}"`);
  return (request, response) => {
    response.set({ 'Cache-Control': caching, ETag: tag(), 'Content-Security-Policy': pageSecurityPolicy });
    if (request.fresh) return void response.status(304).end();
    response.setHeader('Content-Type', type);
    response.end(read());
  };
}

/** Made when somebody asks, and kept: it takes some ten milliseconds, which most servers need not spend. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
