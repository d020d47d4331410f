import { OrgError, type Scope } from '@rollcall/protocol';
import type { Caller } from '../identity/caller.ts';

/** A session must have proved lately whose it is; a token has nothing to prove (REST contract 16). @throws OrgError `sudo-required` */
export function assertRecentLogin({ session }: Caller): void {
  if (!session || session.isRecentLogin) return;
  const message = 'Account verification required.';
  const body = { detail: { code: 'sudo-required', message, extra: { username: session.username } } };
  throw new OrgError('sudo-required', message, { body });
}

/** `org:ci` reads nothing of the organization and changes nothing in it. */
const harmless: ReadonlySet<Scope> = new Set(['org:ci']);

/** Whether a token with these scopes may do more than read: it then outlives the login that made it, and is exempt from `sudo-required`. */
export function mayWrite(scopes: readonly Scope[]): boolean {
  return scopes.some((scope) => !scope.endsWith(':read') && !harmless.has(scope));
}
