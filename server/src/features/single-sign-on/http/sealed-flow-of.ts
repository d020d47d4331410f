import type { Request } from 'express';
import type { Services } from '../../../http/services.ts';
import { openFlowOf } from '../flows/sealed-flow.ts';

/** The flow with this id in the browser's cookie. Null in every other browser. */
export function sealedFlowOf({ headers }: Request, flowId: string | null, { ssoCookie, singleSignOn }: Services) {
  return flowId === null ? null : openFlowOf(singleSignOn.key, ssoCookie.read(headers.cookie), flowId);
}
