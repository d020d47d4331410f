import type { Request } from 'express';
import { urlOf } from '../../../http/requests/parsed-request.ts';
import type { Services } from '../../../http/services.ts';
import type { Authentication } from '../../../identity/caller.ts';
import { findForgery } from '../../../identity/request-forgery.ts';
import { openFlowOf } from '../flows/sealed-flow.ts';

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

/** The flow with this id in the browser's cookie. Null in every other browser. */
export function sealedFlowOf({ headers }: Request, flowId: string | null, { ssoCookie, singleSignOn }: Services) {
  return flowId === null ? null : openFlowOf(singleSignOn.key, ssoCookie.read(headers.cookie), flowId);
}

/** Whether a form may have been sent by a page of another site. */
export function isForged({ headers }: Request, { publicUrl }: Services): boolean {
  return findForgery(headers, (origin) => origin === new URL(publicUrl).origin) !== null;
}
