import { setImmediate } from 'node:timers/promises';
import { type RequestHandler, Router } from 'express';
import type { RateLimits } from '../../identity/limits/rate-limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import { limitResponseBytes, openApiPath } from '../limits/limit-requests.ts';
import { operatorRoutes } from '../operator/router.ts';
import { pageSecurityPolicy } from '../pages/form-page.ts';
import { sendUnchanged, type TaggedText, withTag } from '../responses/tagged-text.ts';
import { routes } from '../routes.ts';
import type { Services } from '../services.ts';
import { describeApi, type OpenApiDocument } from './document.ts';
import { readExamples } from './examples.ts';
import { referenceScript, referenceStyle } from './reference/assets.ts';
import { referencePage } from './reference/page.ts';

/** The API's own description, for programs and for people. Anyone may read it. */
export function openApiRouter({ version, productName, rateLimits }: Pick<Services, 'version' | 'productName' | 'rateLimits'>): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const render = () => renderOnce(version, productName);
  const send = (type: string, read: () => Promise<TaggedText>) => sendText(type, read, rateLimits);
  const style = withTag(referenceStyle);
  const script = withTag(referenceScript);
  router.get(
    openApiPath,
    send('application/json', async () => (await render()).json),
  );
  router.get(
    ['/api/docs', '/api/docs/'],
    send('text/html; charset=utf-8', async () => (await render()).page),
  );
  router.get(
    '/pages/reference.css',
    send('text/css; charset=utf-8', async () => style),
  );
  router.get(
    '/pages/reference.js',
    send('text/javascript; charset=utf-8', async () => script),
  );
  return router;
}

interface RenderedApi {
  readonly json: TaggedText;
  readonly page: TaggedText;
}

/** Documents, keyed by version and product name. */
const rendered = new Map<string, Promise<RenderedApi>>();

function renderOnce(version: string, productName: string): Promise<RenderedApi> {
  const key = JSON.stringify([version, productName]);
  const known = rendered.get(key);
  if (known) return known;
  const rendering = renderOwnApi(version, productName);
  rendered.set(key, rendering);
  // The next reader tries again.
  rendering.catch(() => rendered.delete(key));
  return rendering;
}

/**
 * The time in milliseconds from a server's start until it renders its description. A server that
 * stops earlier, such as those of most tests, never does.
 */
const renderAfterMs = 5_000;

/**
 * Renders the description a few seconds after the start. Otherwise its first reader would delay
 * other callers, and could choose when. The returned function cancels it.
 */
export function renderApiAhead({ version, productName }: Pick<Services, 'version' | 'productName'>, clock: Clock): () => void {
  // If it fails, the first reader gets the error.
  return clock.after(renderAfterMs, () => void renderOnce(version, productName).catch(() => {}));
}

/**
 * Takes about 200 ms of CPU time, in parts of up to 80 ms, between which other callers are served.
 */
async function renderOwnApi(version: string, productName: string): Promise<RenderedApi> {
  const examples = await readExamples();
  const document = await describeOwnApi(version, { isClosed: false, title: productName, examples });
  await setImmediate();
  const json = withTag(JSON.stringify(document));
  await setImmediate();
  return { json, page: withTag(await referencePage(document)) };
}

export function describeOwnApi(version: string, options?: Parameters<typeof describeApi>[2]): Promise<OpenApiDocument> {
  const tables = [
    { base: '/api/0', routes },
    { base: '/api/operator', routes: operatorRoutes },
  ];
  return describeApi(tables, version, options);
}

function sendText(type: string, read: () => Promise<TaggedText>, rateLimits: RateLimits): RequestHandler {
  return async (request, response) => {
    const text = await read();
    // Before a 304, whose headers replace those of the response that the browser has stored.
    response.setHeader('Content-Security-Policy', pageSecurityPolicy);
    if (sendUnchanged(request, response, text)) return;
    const { bytes } = text;
    await limitResponseBytes(rateLimits, request, response, bytes.length);
    response.setHeader('Content-Type', type);
    response.end(bytes);
  };
}
