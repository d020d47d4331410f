import { OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import { RefusedTokenError, UnknownUserError } from '../../identity/identity.ts';
import type { Recorder } from '../../runtime/security-events/recorder.ts';
import { hasEvent, originOf } from './request-origin.ts';

/** Records that a request is refused with this status. Other statuses are no refusals. */
export function recordRefusal(recorder: Recorder, request: Request, status: number, error: unknown): void {
  if (status !== 401 && status !== 403 && status !== 429) return;
  if (!hasEvent(error)) return;
  const origin = originOf(request);
  if (error instanceof RefusedTokenError || error instanceof UnknownUserError) {
    recorder.record({ ...origin, event: 'login', kind: 'jwt', outcome: 'failure' });
    return;
  }
  const kind = error instanceof OrgError ? error.code : null;
  recorder.record({ ...origin, event: status === 429 ? 'limit' : 'refusal', kind, outcome: 'failure' });
}

/** Records a request that is refused because its caller is known to be over a limit. */
export function recordKnownOver(recorder: Recorder, request: Request): void {
  recorder.record({ ...originOf(request), event: 'limit', kind: 'rate-limited', outcome: 'failure' });
}
