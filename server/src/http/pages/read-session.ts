import { OrgError } from '@rollcall/protocol';
import type { Authentication } from '../../identity/caller.ts';
import type { Services } from '../services.ts';

/**
 * The session of the browser, for pages that are also shown without one. Null for none, or one that
 * has ended.
 * @param cookie the `Cookie` header
 */
export async function readSession(cookie: string | undefined, services: Services): Promise<Authentication | null> {
  const sessionToken = services.sessionCookie.read(cookie);
  if (sessionToken === null) return null;
  return services.authenticate({ authorization: undefined, sessionToken }).catch((error: unknown) => {
    if (error instanceof OrgError && error.code === 'unauthenticated') return null;
    throw error;
  });
}
