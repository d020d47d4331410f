import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type RequestHandler, Router } from 'express';
import { escapeHtml } from '../../runtime/text/escape-html.ts';
import { nameRoute } from '../monitoring/time-requests.ts';
import type { Services } from '../services.ts';
import { serveAssets } from './console-assets.ts';
import { pageSecurityPolicy, renderNotice } from './form-page.ts';
import { sendHtml } from './send-html.ts';

/**
 * The folder of the built console: the output of `npm run build` in the repository, and the files
 * that `prepack` added in a package. The relative paths are the same from the server's sources and
 * from the compiled files.
 */
const consoleFolders = ['../../../../dashboard/dist/site/', '../../../dist/console/'];

/** The addresses of the console, which decides what it shows there. All others remain unknown. */
const consolePaths = ['/', '/organizations/{*rest}', '/account/{*rest}'];

/**
 * The page for the server's operator, who need not be a user. The console requests the operator's
 * token itself.
 */
const operationsPath = '/operations/{*rest}';

/** The web console: one document for all of its addresses, and its scripts and styles. */
export function consoleRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const builtConsole = consoleFolders.map(fromHere).find((folder) => existsSync(`${folder}index.html`));
  if (builtConsole === undefined) return router.get([...consolePaths, operationsPath], serveNotBuilt(services));
  const html = nameProduct(readFileSync(`${builtConsole}index.html`, 'utf8'), services.productName);
  const policy = consoleSecurityPolicy(services.publicUrl);
  router.use('/assets', nameAssets, serveAssets(`${builtConsole}assets`));
  router.get(consolePaths, sendToLogIn(services));
  router.get([...consolePaths, operationsPath], (_request, response) => sendHtml(response, html, policy));
  return router;
}

function fromHere(relativePath: string): string {
  return fileURLToPath(new URL(relativePath, import.meta.url));
}

/** One metrics series for all of them: their names change with each build. */
const nameAssets: RequestHandler = (_request, response, next) => {
  nameRoute(response, '/assets/{*file}');
  next();
};

/**
 * A browser without a session cookie is redirected to the login without loading the console. If a
 * session has ended, the console finds out from the API.
 */
function sendToLogIn({ sessionCookie }: Services): RequestHandler {
  return ({ headers, originalUrl }, response, next) => {
    if (sessionCookie.read(headers.cookie) !== null) return next();
    response.redirect(302, `/login/?next=${encodeURIComponent(originalUrl)}`);
  };
}

/**
 * Allows only resources of this server, and no inline code. `data:` is for the QR code of a second
 * factor's secret.
 */
function consoleSecurityPolicy(publicUrl: string): string {
  // The origin for WebSockets, which not every browser includes in 'self'.
  const sockets = new URL(publicUrl).origin.replace(/^http/, 'ws');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${sockets}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The document is built with the default name. Its scripts read the name from the element
 * (`dashboard/src/product-name.ts`).
 */
function nameProduct(html: string, productName: string): string {
  const name = escapeHtml(productName);
  return html
    .replace(/<title>[^<]*<\/title>/, () => `<title>${name}</title>`)
    .replace(/(<meta name="product-name" content=")[^"]*/, (_, start: string) => `${start}${name}`);
}

function serveNotBuilt({ productName }: Services): RequestHandler {
  return (_request, response) => {
    const intro = 'Run `npm run build`, then start the server again. The REST API and the socket work without the console.';
    response.status(503);
    sendHtml(response, renderNotice(productName, { title: 'The web console is not built', intro }), pageSecurityPolicy);
  };
}
