import { isId } from '@rollcall/protocol';
import type { Request } from 'express';
import { originOf } from '../../../http/security-events/request-origin.ts';
import type { SingleSignOnServices } from '../services.ts';

/** Records that a provider has authenticated a user, who has a session now. */
export function recordProviderLogin({ writePath }: SingleSignOnServices, request: Request, orgId: string, userId: string): void {
  const caller = { kind: 'user', id: userId, credential: null } as const;
  writePath.securityEvents.record({ ...originOf(request), caller, orgId, event: 'login', kind: 'provider', outcome: 'success' });
}

interface RefusedAttempt {
  /** As in the path of the request, so it may be any text. */
  readonly orgId: string | null;
  /** Whether a login was in progress. */
  readonly isOfLogin: boolean;
  readonly reason: string;
  readonly status: number;
}

/**
 * Records that a login at a provider is refused. A page that is opened without a login in progress
 * is no attempt, unless another page has forged the request.
 */
export function recordRefusedLogin(
  { writePath: { securityEvents } }: SingleSignOnServices,
  request: Request,
  { orgId, isOfLogin, reason, status }: RefusedAttempt,
): void {
  const origin = { ...originOf(request), orgId: orgId !== null && isId(orgId) ? orgId : null };
  if (status === 429) securityEvents.record({ ...origin, event: 'limit', kind: reason, outcome: 'failure' });
  else if (reason === 'forged') securityEvents.record({ ...origin, event: 'refusal', kind: 'forged', outcome: 'failure' });
  else if (isOfLogin) securityEvents.record({ ...origin, event: 'login', kind: 'provider', outcome: 'failure' });
}
