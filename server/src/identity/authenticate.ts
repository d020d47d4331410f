import { OrgError } from '@rollcall/protocol';
import type { Authentication } from './caller.ts';
import { type Identity, type NamedOrganization, refuse, type TokenInOrganization } from './identity.ts';
import { readAuthorization, readBearerToken } from './tokens/authorization-header.ts';
import { isUserOrOrgToken } from './tokens/tokens.ts';

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

export interface RequestReads {
  readonly verifySessions: VerifySessions;
  readonly identity: Identity;
  /** Verifies a token and finds an organization with one statement. See `authenticateTokenIn`. */
  verifyTokenIn(token: string, orgName: string): Promise<TokenInOrganization>;
  findOrganization(name: string): Promise<NamedOrganization | null>;
}

export interface AuthenticatedRequest {
  readonly authentication: Authentication | null;
  /** Null if there is no such organization. */
  readonly org: NamedOrganization | null;
}

/**
 * Authenticates a request as `authenticate` does, and finds the organization that its path names.
 * @param orgName an id or a slug
 * @throws OrgError as `Identity`
 */
export async function authenticateIn(reads: RequestReads, credentials: Credentials, orgName: string): Promise<AuthenticatedRequest> {
  const token = readBearerToken(credentials.authorization);
  if (token !== null && isUserOrOrgToken(token)) {
    const { verdict, org } = await reads.verifyTokenIn(token, orgName);
    if (verdict instanceof OrgError) throw verdict;
    return { authentication: verdict, org };
  }
  const [authentication, org] = await Promise.all([
    authenticate(reads.verifySessions, reads.identity, credentials),
    reads.findOrganization(orgName),
  ]);
  return { authentication, org };
}
