import { OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { isOperator } from '../identity/operator-token.ts';
import { assertWithin, countRefusedCredential } from './limit-requests.ts';
import type { Services } from './services.ts';

/**
 * `/metrics`, for Prometheus. Numbers of organizations and sockets are not for the public: whoever asks shows the
 * operator's token, or runs on this very machine.
 */
export function answerMetrics(registry: Registry, { operatorToken, rateLimits }: Services): RequestHandler {
  return async (request, response) => {
    const hasToken = operatorToken !== null && isOperator(request.headers.authorization, operatorToken);
    if (!hasToken && !isFromThisMachine(request)) {
      assertWithin(rateLimits, response, await countRefusedCredential(rateLimits, request));
      throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    }
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  };
}

/** A reverse proxy on this machine connects from it too, for everybody: what it has forwarded is somebody else's. */
function isFromThisMachine({ socket, headers }: Request): boolean {
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined);
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return !isForwarded && (address === '::1' || address.startsWith('127.'));
}
