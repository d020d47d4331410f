import type { Db } from '../database/database.ts';
import { readAuthorization } from './authorization-header.ts';
import type { Authentication } from './caller.ts';
import { type Identity, refuse } from './identity.ts';
import { authenticateSessions } from './sessions.ts';

/**
 * The credentials of a request: its `Authorization` header, and the token in its session cookie.
 */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly sessionToken: string | null;
}

/**
 * Authenticates a request. The header takes precedence over the cookie. Returns null if there are
 * no credentials, or if the session has ended.
 * @throws OrgError as `Identity`
 */
export async function authenticate(
  db: Db,
  identity: Identity,
  { authorization, sessionToken }: Credentials,
): Promise<Authentication | null> {
  const credential = readAuthorization(authorization);
  // This server never had legacy API keys.
  if (credential?.kind === 'api-key') throw refuse('API key is not valid');
  if (credential) return identity.authenticate(credential.token);
  return sessionToken === null ? null : authenticateSession(db, sessionToken);
}

/** Null if the session has ended or never existed. */
async function authenticateSession(db: Db, token: string): Promise<Authentication | null> {
  return (await authenticateSessions(db, [token])).get(token) ?? null;
}
