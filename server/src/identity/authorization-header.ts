import { OrgError } from '@rollcall/protocol';

/**
 * The token of a `Bearer` header. Null when there is no header or its scheme is another one: then there are no
 * credentials (spec: 2).
 * @throws OrgError `unauthenticated` for a Bearer header with no token, or with more than one word
 */
export function readBearerToken(authorization: string | undefined): string | null {
  const [scheme, token, ...rest] = (authorization ?? '').split(/\s+/).filter(Boolean);
  if (scheme?.toLowerCase() !== 'bearer') return null;
  if (token === undefined) throw new OrgError('unauthenticated', 'Invalid token header. No credentials provided.');
  if (rest.length > 0) throw new OrgError('unauthenticated', 'Invalid token header. Token string should not contain spaces.');
  return token;
}
