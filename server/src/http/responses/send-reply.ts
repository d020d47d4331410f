import { randomUUID } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import type { NextFunction, Request, Response } from 'express';
import { translateDatabaseError } from '../../database/translate-error.ts';
import type { Log } from '../../runtime/log.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import type { Recorder } from '../../runtime/security-events/recorder.ts';
import { describeError, redactPath } from '../../runtime/text/log-redaction.ts';
import { headersOfError, type Reply } from '../route.ts';
import { recordRefusal } from '../security-events/record-refusal.ts';
import { exposeHeaders } from './cors.ts';
import { isScimRequest, scimErrorOf, scimTypeOf } from './scim-envelope.ts';

export function sendReply(response: Response, reply: Reply): void {
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (response.hasHeader('X-Org-Revision')) exposeHeaders(response);
  // HEAD has no body.
  if (reply.stream && response.req.method !== 'HEAD') {
    reply.stream(response);
    return;
  }
  if (reply.body === undefined) {
    response.end();
    return;
  }
  // Without a charset: sentry-cli compares the whole type before `;`, other clients the whole
  // header (REST contract 1).
  response.setHeader('Content-Type', isScimRequest(response.req) ? scimTypeOf(response.req) : 'application/json');
  response.end(JSON.stringify(reply.body));
}

interface BodyParserError extends Error {
  readonly type?: string;
  readonly status?: number;
}

/** Translates errors of express's parsers into the contract's errors. */
function translateParserError(error: unknown): unknown {
  // An `OrgError` has a status too, and more details than the parser's error.
  if (error instanceof OrgError) return error;
  const { type, status, message } = (error ?? {}) as BodyParserError;
  if (type === 'entity.parse.failed') return new OrgError('invalid', `JSON parse error - ${message}`);
  if (type === 'entity.too.large') return new OrgError('too-large', 'Request body is too large.');
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return new OrgError('unsupported-media-type', message);
  if (error instanceof URIError || (typeof status === 'number' && status >= 400 && status < 500))
    return new OrgError('invalid', 'Bad request.');
  return error;
}

/** An unknown error is logged in full, and the client receives only an id. */
export function replyOfError(log: Log, thrown: unknown, { id, method, path }: Pick<Request, 'id' | 'method' | 'path'>): Reply {
  const error = translateDatabaseError(translateParserError(thrown));
  if (error instanceof OrgError) return { status: error.status, body: error.body, headers: headersOfError(error) };
  const errorId = randomUUID().replaceAll('-', '');
  log.error({ error: describeError(error), errorId, requestId: id, method, path: redactPath(path) }, 'a request failed');
  return { status: 500, body: { detail: 'Internal Error', errorId }, headers: { 'X-Sentry-Error': 'internal' } };
}

export function sendError(log: Log, counters: Counters, securityEvents: Recorder) {
  return (thrown: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (thrown instanceof OrgError && thrown.code === 'address-not-allowed') counters.increment('addressRefusals', 1, 'request');
    if (response.headersSent) next(thrown);
    else {
      const reply = replyOfError(log, thrown, request);
      recordRefusal(securityEvents, request, reply.status, thrown);
      sendReply(response, scimErrorOf(request, reply));
    }
  };
}
