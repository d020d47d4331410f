import { OrgError, type Scope } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';

/**
 * A session must have been authenticated recently; a token need not be (REST contract 16).
 * @throws OrgError `sudo-required`
 */
export function assertRecentLogin({ session }: Caller): void {
  if (!session || session.isRecentLogin) return;
  const message = 'Account verification required.';
  const body = { detail: { code: 'sudo-required', message, extra: { username: session.username } } };
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
