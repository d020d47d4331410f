import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RequestHandler } from 'express';

/** The encodings in which the build also stores its files, best first. */
const encodings = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
] as const;

/** The names of assets contain a hash of their content, so a file never changes under its name. */
const assetSecondsMax = 365 * 24 * 60 * 60;

interface Asset {
  readonly plain: Buffer;
  readonly encoded: readonly { readonly encoding: string; readonly bytes: Buffer }[];
}

/**
 * Serves the console's scripts and styles, some three megabytes, from memory. A file that is read
 * while it is sent stays open when its client leaves, and can't be read any more when an upgrade
 * replaces it under the running server.
 */
export function serveAssets(folder: string): RequestHandler {
  const assets = readAssets(folder);
  return (request, response, next) => {
    const name = request.path.slice(1);
    const asset = assets.get(name);
    if (!asset || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    response.set({
      ETag: `W/"${name}"`,
      'Cache-Control': `public,max-age=${assetSecondsMax},immutable`,
      Vary: 'Accept-Encoding',
    });
    if (request.fresh) return void response.status(304).end();
    // One by one, because browsers list the best encoding last.
    const chosen = asset.encoded.find(({ encoding }) => request.acceptsEncodings(encoding));
    if (chosen) response.set('Content-Encoding', chosen.encoding);
    const bytes = chosen?.bytes ?? asset.plain;
    response.type(path.extname(name)).set('Content-Length', String(bytes.length));
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
}

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  const files = new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
  const assetOf = (name: string, plain: Buffer): Asset => {
    const encoded = encodings.flatMap(({ encoding, ending }) => {
      const bytes = files.get(`${name}${ending}`);
      return bytes ? [{ encoding, bytes }] : [];
    });
    return { plain, encoded };
  };
  const isEncoded = (name: string) => encodings.some(({ ending }) => name.endsWith(ending));
  return new Map([...files].flatMap(([name, plain]) => (isEncoded(name) ? [] : [[name, assetOf(name, plain)]])));
}
