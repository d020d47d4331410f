import type { Request } from 'express';
import type { Reply } from '../route.ts';

/** The media types and the errors of SCIM (RFC 7644, sections 3.8 and 3.12). */

export const scimErrorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

const scimType = 'application/scim+json';
/** The last one is what Sentry accepts. */
export const scimTypes: readonly string[] = ['application/json', scimType, 'application/json+scim'];

const scimPath = /^\/api\/0\/organizations\/[^/]+\/scim\/v2(?:[/?]|$)/;

/** Whether the path is one of SCIM, even if no route has it. */
export function isScimRequest({ originalUrl }: Request): boolean {
  return scimPath.test(originalUrl);
}

/** JSON, unless the client prefers the type of SCIM. */
export function scimTypeOf(request: Request): string {
  return request.accepts(['application/json', scimType]) === scimType ? scimType : 'application/json';
}

/** Adds the envelope to an error of SCIM. Errors of fields are also its detail, as JSON text. */
export function scimErrorOf(request: Request, reply: Reply): Reply {
  if (!isScimRequest(request)) return reply;
  const { body, status } = reply;
  const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  const detail = 'detail' in given ? given.detail : JSON.stringify(body ?? '');
  const type = status === 409 ? { scimType: 'uniqueness' } : {};
  return { ...reply, body: { ...type, ...given, schemas: [scimErrorSchema], status: String(status), detail } };
}
