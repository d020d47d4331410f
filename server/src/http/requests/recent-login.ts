import { OrgError, type Scope } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';

/**
 * A session must have been authenticated recently; a token need not be (REST contract 16). For a
 * session that began with single sign-on, the provider of the organization must have done it.
 * @param org the organization that the request is about, with its slug if the path has it
 * @throws OrgError `sudo-required`
 */
export function assertRecentLogin({ session, actor }: Caller, org: { readonly id: string; readonly slug?: string } | null): void {
  if (!session) return;
  const { username, isRecentLogin, recentOrgIds } = session;
  const bound = actor.kind === 'user' ? [...(actor.boundOrgIds ?? [])] : [];
  const needed = org ? [org.id] : bound;
  if (recentOrgIds === null ? isRecentLogin : needed.length > 0 && needed.every((id) => recentOrgIds.has(id))) return;
  const message = 'Account verification required.';
  const loginUrl = recentOrgIds !== null && org?.slug !== undefined ? { loginUrl: `/auth/login/${org.slug}/` } : {};
  const body = { detail: { code: 'sudo-required', message, extra: { username, ...loginUrl } } };
  throw new OrgError('sudo-required', message, { body });
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
