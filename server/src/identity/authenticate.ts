import type { Db } from '../database/database.ts';
import { readAuthorization } from './authorization-header.ts';
import type { Caller } from './caller.ts';
import { type Identity, refuse } from './identity.ts';
import { authenticateSessions } from './sessions.ts';

/** What a request carries: its `Authorization` header, and the token in its session cookie. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly sessionToken: string | null;
}

/**
 * Judges a request's credentials; a header comes before the cookie. Null when there are none, as for a session that ended.
 * @throws OrgError as `Identity`
 */
export async function authenticate(db: Db, identity: Identity, { authorization, sessionToken }: Credentials): Promise<Caller | null> {
  const credential = readAuthorization(authorization);
  // There have never been legacy API keys here.
  if (credential?.kind === 'api-key') throw refuse('API key is not valid');
  if (credential) return identity.authenticate(credential.token);
  return sessionToken === null ? null : authenticateSession(db, sessionToken);
}

/** Null for a session that ended, or never was. */
async function authenticateSession(db: Db, token: string): Promise<Caller | null> {
  return (await authenticateSessions(db, [token])).get(token) ?? null;
}
