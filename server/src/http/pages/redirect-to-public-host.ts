import type { RequestHandler } from 'express';
import type { Services } from '../services.ts';

const ownMachine = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * On a local machine a server has several names, but it accepts writes from pages of one origin
 * only. A browser that uses another name is redirected to that origin. Elsewhere a different name
 * may come from a proxy and is accepted.
 */
export function redirectToPublicHost({ publicUrl }: Pick<Services, 'publicUrl'>): RequestHandler {
  const own = new URL(publicUrl);
  return ({ method, headers, originalUrl }, response, next) => {
    const { host = own.host } = headers;
    const isOther = host !== own.host && ownMachine.test(own.hostname) && ownMachine.test(host.replace(/:\d+$/, ''));
    if (method !== 'GET' || !isOther || !originalUrl.startsWith('/')) return next();
    response.redirect(302, `${own.origin}${originalUrl}`);
  };
}
