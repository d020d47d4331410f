import { OrgError, type Scope } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';
import { recentLoginHours } from '../../identity/sessions.ts';

const required = 'Account verification required.';

/**
 * The refusal of a token of a trusted issuer whose login is not recent. Its challenge
 * requests one (RFC 9470).
 */
export class OldLoginError extends OrgError {
  static readonly maxAgeSeconds = recentLoginHours * 3_600;

  constructor() {
    super('sudo-required', required, { body: { detail: { code: 'sudo-required', message: required, extra: {} } } });
  }
}

/**
 * A session must have been authenticated recently; a token need not be (REST contract 16), unless
 * the operator requires it of the tokens of a trusted issuer. For a session that began with single
 * sign-on, the provider of the organization must have done it.
 * @param org the organization that the request is about, with its slug if the path has it
 * @throws OrgError `sudo-required`
 */
export function assertRecentLogin(
  { session, actor, ofTrustedIssuer }: Caller,
  org: { readonly id: string; readonly slug?: string } | null,
): void {
  if (ofTrustedIssuer?.hasRecentLogin === false) throw new OldLoginError();
  if (!session) return;
  const { username, isRecentLogin, recentOrgIds } = session;
  const bound = actor.kind === 'user' ? [...(actor.boundOrgIds ?? [])] : [];
  const needed = org ? [org.id] : bound;
  if (recentOrgIds === null ? isRecentLogin : needed.length > 0 && needed.every((id) => recentOrgIds.has(id))) return;
  const loginUrl = recentOrgIds !== null && org?.slug !== undefined ? { loginUrl: `/auth/login/${org.slug}/` } : {};
  const body = { detail: { code: 'sudo-required', message: required, extra: { username, ...loginUrl } } };
  throw new OrgError('sudo-required', required, { body });
}

/**
 * For changes of second factors and addresses: a user with a second factor must have used it
 * recently, besides the password (ASVS V7.5.1).
 * @throws OrgError `sudo-required`
 */
export function assertRecentCode({ session, actor }: Caller): void {
  const hasSecondFactor = actor.kind === 'user' && actor.secondFactor?.isMissing === false;
  if (!session || !hasSecondFactor || session.isRecentCode) return;
  const extra = { username: session.username, needsCode: true };
  throw new OrgError('sudo-required', required, { body: { detail: { code: 'sudo-required', message: required, extra } } });
}

/** `org:ci` allows neither reads nor changes of the organization. */
const harmless: ReadonlySet<Scope> = new Set(['org:ci']);

/**
 * Whether a token with these scopes may do more than read. Such a token outlives the login that
 * created it, and is exempt from `sudo-required`.
 */
export function mayWrite(scopes: readonly Scope[]): boolean {
  return scopes.some((scope) => !scope.endsWith(':read') && !harmless.has(scope));
}
