import { isId } from '@rollcall/protocol';
import type { Request } from 'express';
import { originOf } from '../../../http/security-events/request-origin.ts';
import type { SingleSignOnServices } from '../services.ts';
import type { RefusedLogin } from './respond.ts';

/** Records that a provider has authenticated a user, who has a session now. */
export function recordProviderLogin({ securityEvents }: SingleSignOnServices, request: Request, orgId: string, userId: string): void {
  const caller = { kind: 'user', id: userId, credential: null } as const;
  securityEvents.record({ ...originOf(request), caller, orgId, event: 'login', kind: 'provider', outcome: 'success' });
}

/**
 * Records that a login at a provider is refused. A page that is opened without a login in progress
 * is no attempt, unless another page has forged the request.
 */
export function recordRefusedLogin(
  { securityEvents }: SingleSignOnServices,
  request: Request,
  { orgId, providerId, refusal }: RefusedLogin,
  status: number,
): void {
  const origin = { ...originOf(request), orgId: orgId !== null && isId(orgId) ? orgId : null };
  if (status === 429) securityEvents.record({ ...origin, event: 'limit', kind: refusal.reason, outcome: 'failure' });
  else if (refusal.reason === 'forged') securityEvents.record({ ...origin, event: 'refusal', kind: 'forged', outcome: 'failure' });
  else if (providerId !== undefined) securityEvents.record({ ...origin, event: 'login', kind: 'provider', outcome: 'failure' });
}
