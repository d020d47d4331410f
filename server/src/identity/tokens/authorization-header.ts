import { refuse } from '../identity.ts';

/**
 * The credential in an `Authorization` header. A legacy API key is the user name of a Basic header
 * without a password.
 */
export type HeaderCredential = { readonly kind: 'bearer'; readonly token: string } | { readonly kind: 'api-key' };

/**
 * Parses the credential of an `Authorization` header. Returns null if there is none: for another
 * scheme, and for Basic with a password, which is meant for another program (REST contract 2).
 * @throws OrgError `unauthenticated` for a header without a credential, or with more than one
 */
export function readAuthorization(authorization: string | undefined): HeaderCredential | null {
  const [scheme = '', credential, ...rest] = (authorization ?? '').split(/\s+/).filter(Boolean);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      if (credential === undefined) throw refuse('Invalid token header. No credentials provided.');
      if (rest.length > 0) throw refuse('Invalid token header. Token string should not contain spaces.');
      return { kind: 'bearer', token: credential };
    case 'basic':
      if (credential === undefined) throw refuse('Invalid basic header. No credentials provided.');
      if (rest.length > 0) throw refuse('Invalid basic header. Credentials string should not contain spaces.');
      return passwordOf(credential) === '' ? { kind: 'api-key' } : null;
    default:
      return null;
  }
}

/**
 * The token of a `Bearer` header, or null if there is none.
 * @throws OrgError as `readAuthorization`
 */
export function readBearerToken(authorization: string | undefined): string | null {
  const found = readAuthorization(authorization);
  return found?.kind === 'bearer' ? found.token : null;
}

/** The password in the base64 of `user:password`. Without a colon, all of the text is the user. */
function passwordOf(credential: string): string {
  const text = Buffer.from(credential, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? '' : text.slice(colon + 1);
}
