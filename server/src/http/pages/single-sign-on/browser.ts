import type { Request } from 'express';
import type { Authentication } from '../../../identity/caller.ts';
import { findForgery } from '../../../identity/request-forgery.ts';
import { hashToken } from '../../../runtime/hash-token.ts';
import { urlOf } from '../../requests/parsed-request.ts';
import type { Services } from '../../services.ts';

/** Readers for the parts of a request to these pages. */

/** The session in the form that the write path uses. */
export function sessionOf(authentication: Authentication | null): { readonly sessionId: string; readonly userId: string } | null {
  return authentication?.actor.kind === 'user' && authentication.session
    ? { sessionId: authentication.credentialId, userId: authentication.actor.userId }
    : null;
}

export function queryOf(request: Request, name: string): string | null {
  return urlOf(request).searchParams.get(name);
}

/** The handle in the browser's cookie that belongs to the flow. Null in every other browser. */
export function handleOf({ headers }: Request, flowId: string | null, { ssoCookie }: Services): string | null {
  return ssoCookie.read(headers.cookie).find((handle) => hashToken(handle) === flowId) ?? null;
}

/** Whether a form may have been sent by a page of another site. */
export function isForged({ headers }: Request, { publicUrl }: Services): boolean {
  return findForgery(headers, (origin) => origin === new URL(publicUrl).origin) !== null;
}
