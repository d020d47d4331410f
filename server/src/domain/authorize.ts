import {
  accessOf,
  can,
  canAdminTeam,
  canSetTeamRole,
  type Decision,
  type On,
  OrgError,
  type OrgState,
  type Scope,
  type TeamRoleId,
} from '@rollcall/protocol';
import { type Actor, whoOf } from './actor.ts';

const permissionDenied = 'You do not have permission to perform this action.';

/** The refusal for a decision, in the contract's words (REST contract 16). */
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

/** Whether the actor has permission. The SDK uses the same `can()`. */
export function isAuthorized(state: OrgState, actor: Actor, scope: Scope | readonly Scope[], on?: On): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isInReach(state, actor) && can(state, whoOf(actor), scope, on).allowed;
}

/**
 * Refuses an actor who holds none of the scopes, either on the organization or on one of its teams
 * or projects.
 * @throws OrgError `forbidden`, or `two-factor-required` for a member without a second factor
 */
export function authorize(state: OrgState, actor: Actor, scope: Scope | readonly Scope[], on?: On): void {
  if (actor.kind === 'operator' || actor.kind === 'system') return;
  if (!isInReach(state, actor)) throw forbidden();
  const decision = can(state, whoOf(actor), scope, on);
  if (!decision.allowed) throw refusalOf(decision);
}

/**
 * Refuses an actor without any access to the organization. It runs before any lookup in the
 * organization, so that an outsider learns nothing from a 404 (REST contract 3.1).
 * @throws OrgError `forbidden`, or `two-factor-required`
 */
export function authorizeEntry(state: OrgState, actor: Actor): void {
  if (actor.kind === 'operator' || actor.kind === 'system') return;
  if (!isInReach(state, actor)) throw forbidden();
  const access = accessOf(state, whoOf(actor));
  if (access.denied) throw refusalOf({ allowed: false, why: access.denied });
}

/** The contract's "can admin team T", for an actor (REST contract 3.4). */
export function mayAdminTeam(state: OrgState, actor: Actor, teamId: string): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isInReach(state, actor) && canAdminTeam(state, whoOf(actor), teamId);
}

/** Whether the actor may give or remove a team role on a team (REST contract 4.3). */
export function maySetTeamRole(state: OrgState, actor: Actor, role: TeamRoleId, teamId: string): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isInReach(state, actor) && canSetTeamRole(state, whoOf(actor), role, teamId);
}

/**
 * The actor's scopes in an organization, for `access` and for the tokens that the actor creates.
 */
export function effectiveScopes(state: OrgState, actor: Actor): ReadonlySet<Scope> {
  if (actor.kind === 'operator' || actor.kind === 'system') return new Set();
  const access = isInReach(state, actor) ? accessOf(state, whoOf(actor)) : { denied: 'not-a-member' as const };
  return access.denied ? new Set() : access.scopes;
}

/**
 * Whether the actor's token is valid for this organization. A token that is bound to one
 * organization gives no access to others.
 */
function isInReach(state: OrgState, actor: Exclude<Actor, { kind: 'operator' | 'system' }>): boolean {
  const orgId = state.organization?.id;
  if (actor.kind === 'org-token') return actor.orgId === orgId;
  return actor.boundOrgId === null || actor.boundOrgId === orgId;
}
