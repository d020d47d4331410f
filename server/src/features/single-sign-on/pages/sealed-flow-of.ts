import type { Request } from 'express';
import { openFlowOf } from '../flows/sealed-flow.ts';
import type { SingleSignOnServices } from '../services.ts';

/** The flow with this id in the browser's cookie. Null in every other browser. */
export function sealedFlowOf({ headers }: Request, flowId: string | null, { ssoCookie, singleSignOn }: SingleSignOnServices) {
  return flowId === null ? null : openFlowOf(singleSignOn.key, ssoCookie.read(headers.cookie), flowId);
}
