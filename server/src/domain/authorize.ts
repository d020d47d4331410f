import { accessOf, can, type Decision, type On, OrgError, type OrgState, type Scope } from '@rollcall/protocol';
import { type Actor, whoOf } from './actor.ts';

const permissionDenied = 'You do not have permission to perform this action.';

/** The refusal a decision stands for, as the contract words it (spec: 16). */
export function refusalOf(decision: Decision): OrgError {
  if (decision.why === 'two-factor-required') {
    const message = 'Organization requires two-factor authentication to be enabled';
    return new OrgError('two-factor-required', message, { body: { detail: { code: '2fa-required', message, extra: {} } } });
  }
  return new OrgError('forbidden', permissionDenied);
}

export function forbidden(): OrgError {
  return new OrgError('forbidden', permissionDenied);
}

export function notFound(message = 'The requested resource does not exist'): OrgError {
  return new OrgError('not-found', message);
}

/** Whether the actor may: the same `can()` that the SDK asks. */
export function isAuthorized(state: OrgState, actor: Actor, scope: Scope | readonly Scope[], on?: On): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isInReach(state, actor) && can(state, whoOf(actor), scope, on).allowed;
}

/**
 * Refuses an actor who holds none of the scopes, on the organization or on one of its teams or projects.
 * @throws OrgError `forbidden`, or `two-factor-required` for a member without a second factor
 */
export function authorize(state: OrgState, actor: Actor, scope: Scope | readonly Scope[], on?: On): void {
  if (actor.kind === 'operator' || actor.kind === 'system') return;
  if (!isInReach(state, actor)) throw forbidden();
  const decision = can(state, whoOf(actor), scope, on);
  if (!decision.allowed) throw refusalOf(decision);
}

/** The scopes an actor has in an organization, for `access` and for tokens minted within them. */
export function effectiveScopes(state: OrgState, actor: Actor): ReadonlySet<Scope> {
  if (actor.kind === 'operator' || actor.kind === 'system') return new Set();
  const access = isInReach(state, actor) ? accessOf(state, whoOf(actor)) : { denied: 'not-a-member' as const };
  return access.denied ? new Set() : access.scopes;
}

/** A token bound to one organization says nothing about any other. */
function isInReach(state: OrgState, actor: Exclude<Actor, { kind: 'operator' | 'system' }>): boolean {
  const orgId = state.organization?.id;
  if (actor.kind === 'org-token') return actor.orgId === orgId;
  return actor.boundOrgId === null || actor.boundOrgId === orgId;
}
