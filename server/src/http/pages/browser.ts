import type { Request } from 'express';
import type { Authentication } from '../../identity/caller.ts';
import { findForgery } from '../../identity/request-forgery.ts';
import { urlOf } from '../requests/parsed-request.ts';
import type { Services } from '../services.ts';

/** Readers for the parts of a browser's request to a page. */

/** The session in the form that the write path uses. */
export function sessionOf(authentication: Authentication | null): { readonly sessionId: string; readonly userId: string } | null {
  return authentication?.actor.kind === 'user' && authentication.session
    ? { sessionId: authentication.credentialId, userId: authentication.actor.userId }
    : null;
}

export function queryOf(request: Request, name: string): string | null {
  return urlOf(request).searchParams.get(name);
}

/** Whether a form may have been sent by a page of another site. */
export function isForged({ headers }: Request, { publicUrl }: Services): boolean {
  return findForgery(headers, (origin) => origin === new URL(publicUrl).origin) !== null;
}
