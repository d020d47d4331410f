import { OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import type { Authentication } from '../../identity/caller.ts';
import { countAnonymousGuess } from '../limits/limit-requests.ts';
import type { Services } from '../services.ts';

/**
 * The session of the browser, for pages that are also shown without one. Null for none, or one that
 * has ended. The page may differ by the result, so a refused cookie counts as a guess.
 */
export async function readSession(request: Request, services: Services): Promise<Authentication | null> {
  const sessionToken = services.sessionCookie.read(request.headers.cookie);
  if (sessionToken === null) return null;
  const session = await services.authenticate({ authorization: undefined, sessionToken }).catch((error: unknown) => {
    if (error instanceof OrgError && error.code === 'unauthenticated') return null;
    throw error;
  });
  if (session === null) void countAnonymousGuess(services.rateLimits, request);
  // The page names the user.
  if (session?.session && request.res) request.res.locals.username = session.session.username;
  return session;
}
