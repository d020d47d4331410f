import type { RequestHandler, Response } from 'express';
import type { Log } from '../../runtime/log.ts';
import { redactPath } from '../../runtime/text/log-redaction.ts';
import { assignRequestId } from '../requests/request-id.ts';

/**
 * Gives each request its id, and logs its response. No field can contain a secret: no headers, no
 * query. Nothing is prepared for a line that the log level omits.
 */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const requestId = assignRequestId(request, response);
    const startedAt = performance.now();
    response.on('close', () => {
      const level = levelOf(response);
      if (!log.isLevelEnabled(level)) return;
      const { method, originalUrl } = request;
      const responseTime = Math.round(performance.now() - startedAt);
      const fields = { requestId, req: { method, path: redactPath(originalUrl) }, res: { status: response.statusCode }, responseTime };
      log[level](fields, response.writableFinished ? 'request completed' : 'request aborted');
    });
    next();
  };
}

/**
 * A 503 needs no investigation: the server is not ready, or the database is unavailable. A 501 is
 * no failure.
 */
function levelOf({ statusCode }: Response): 'error' | 'warn' | 'debug' {
  if (statusCode === 503) return 'warn';
  return statusCode >= 500 && statusCode !== 501 ? 'error' : 'debug';
}
