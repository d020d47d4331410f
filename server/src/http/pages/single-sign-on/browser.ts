import { OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import type { Authentication } from '../../../identity/caller.ts';
import { findForgery } from '../../../identity/request-forgery.ts';
import { hashToken } from '../../../runtime/hash-token.ts';
import type { Services } from '../../services.ts';

/** Readers for the parts of a request to these pages. */

/** The session of the browser. Null for none, or one that has ended. */
export async function readSession({ headers }: Request, services: Services): Promise<Authentication | null> {
  const sessionToken = services.sessionCookie.read(headers.cookie);
  if (sessionToken === null) return null;
  return services.authenticate({ authorization: undefined, sessionToken }).catch((error: unknown) => {
    if (error instanceof OrgError && error.code === 'unauthenticated') return null;
    throw error;
  });
}

/** The session in the form that the write path uses. */
export function sessionOf(authentication: Authentication | null): { readonly sessionId: string; readonly userId: string } | null {
  return authentication?.actor.kind === 'user' && authentication.session
    ? { sessionId: authentication.credentialId, userId: authentication.actor.userId }
    : null;
}

export function queryOf(request: Request, name: string, { publicUrl }: Services): string | null {
  return new URL(request.originalUrl, publicUrl).searchParams.get(name);
}

/** The handle in the browser's cookie that belongs to the flow. Null in every other browser. */
export function handleOf({ headers }: Request, flowId: string | null, { ssoCookie }: Services): string | null {
  return ssoCookie.read(headers.cookie).find((handle) => hashToken(handle) === flowId) ?? null;
}

/** Whether a form may have been sent by a page of another site. */
export function isForged({ headers }: Request, { publicUrl }: Services): boolean {
  return findForgery(headers, (origin) => origin === new URL(publicUrl).origin) !== null;
}
