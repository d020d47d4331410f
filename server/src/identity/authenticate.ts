import { readAuthorization } from './authorization-header.ts';
import type { Authentication } from './caller.ts';
import { type Identity, refuse } from './identity.ts';

/**
 * The credentials of a request: its `Authorization` header, and the token in its session cookie.
 */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly sessionToken: string | null;
}

/** Verifies session tokens, as `authenticateSessions` does. */
export type VerifySessions = (tokens: readonly string[]) => Promise<ReadonlyMap<string, Authentication>>;

/**
 * Authenticates a request. The header takes precedence over the cookie. Returns null if there are
 * no credentials, or if the session has ended.
 * @throws OrgError as `Identity`
 */
export async function authenticate(
  verifySessions: VerifySessions,
  identity: Identity,
  { authorization, sessionToken }: Credentials,
): Promise<Authentication | null> {
  const credential = readAuthorization(authorization);
  // This server never had legacy API keys.
  if (credential?.kind === 'api-key') throw refuse('API key is not valid');
  if (credential) return identity.authenticate(credential.token);
  return sessionToken === null ? null : ((await verifySessions([sessionToken])).get(sessionToken) ?? null);
}
