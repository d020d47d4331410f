import {
  can,
  canAdminTeam,
  canSetTeamRole,
  type ErrorCode,
  expandScopes,
  hasGlobalAccess,
  type On,
  type OrganizationRecord,
  OrgError,
  type OrgState,
  type Scope,
  type TeamRecord,
  type TeamRoleId,
} from '@rollcall/protocol';
import { type Actor, type CallingActor, circumstancesOf, memberOfActor, whoOf } from './actor.ts';
import { type CallerAccess, callerAccessOf, type Denial } from './caller-access.ts';
import type { FieldErrors } from './field-errors.ts';

export { lacksSecondFactor, neededSecondFactorOf } from './caller-access.ts';

const permissionDenied = 'You do not have permission to perform this action.';

/** The refusal for a denial, in the contract's words (REST contract 16). */
function refusalOf(denial: Denial, organization: OrganizationRecord | null, { address }: CallingActor): OrgError {
  if (denial === 'two-factor-required') {
    return coded('two-factor-required', '2fa-required', 'Organization requires two-factor authentication to be enabled', {});
  }
  if (denial === 'sso-required') return coded(denial, denial, 'Must login via SSO', { loginUrl: `/auth/login/${organization!.slug}/` });
  if (denial === 'sudo-required') return coded(denial, denial, 'Account verification required.', {});
  if (denial === 'address-not-allowed') return coded(denial, denial, 'Your address is not allowed by this organization.', { address });
  return forbidden();
}

function coded(errorCode: ErrorCode, code: string, message: string, extra: Readonly<Record<string, string | null>>): OrgError {
  return new OrgError(errorCode, message, { body: { detail: { code, message, extra } } });
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
  return isAdmitted(state, actor) && can(state, whoOf(actor), scope, on).allowed;
}

/**
 * Refuses an actor who holds none of the scopes, either on the organization or on one of its teams
 * or projects.
 * @throws OrgError as `authorizeEntry`
 */
export function authorize(state: OrgState, actor: Actor, scope: Scope | readonly Scope[], on?: On): void {
  if (actor.kind === 'operator' || actor.kind === 'system') return;
  authorizeEntry(state, actor);
  if (!can(state, whoOf(actor), scope, on).allowed) throw forbidden();
}

/**
 * Refuses an actor without any access to the organization. It runs before any lookup in the
 * organization, so that an outsider learns nothing from a 404 (REST contract 3.1).
 * @throws OrgError `forbidden`, `two-factor-required`, `sso-required`, `sudo-required`,
 * `address-not-allowed`
 */
export function authorizeEntry(state: OrgState, actor: Actor): void {
  if (actor.kind === 'operator' || actor.kind === 'system') return;
  const { denied } = accessOfActor(state, actor);
  if (denied) throw refusalOf(denied, state.organization, actor);
}

/** The contract's "can admin team T", for an actor (REST contract 3.4). */
export function mayAdminTeam(state: OrgState, actor: Actor, teamId: string): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isAdmitted(state, actor) && canAdminTeam(state, whoOf(actor), teamId);
}

/** With open membership, every member may add any member to a team (REST contract 8.4). */
export function mayAddToTeam(state: OrgState, actor: Actor, team: TeamRecord): boolean {
  const member = memberOfActor(state, actor);
  return (member !== null && hasGlobalAccess(state.organization!, member)) || mayAdminTeam(state, actor, team.id);
}

/** Whether the actor may give or remove a team role on a team (REST contract 4.3). */
export function maySetTeamRole(state: OrgState, actor: Actor, role: TeamRoleId, teamId: string): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true;
  return isAdmitted(state, actor) && canSetTeamRole(state, whoOf(actor), role, teamId);
}

/**
 * The actor's scopes in an organization, for `access` and for the tokens that the actor creates.
 */
export function effectiveScopes(state: OrgState, actor: Actor): ReadonlySet<Scope> {
  if (actor.kind === 'operator' || actor.kind === 'system') return new Set();
  const access = accessOfActor(state, actor);
  return access.denied ? new Set() : access.scopes;
}

/**
 * The scopes that the actor may not grant, because they include a scope that the actor does not
 * hold. The server and its operator may grant all.
 */
export function scopesBeyond(state: OrgState, actor: Actor, scopes: readonly Scope[]): Scope[] {
  if (actor.kind === 'operator' || actor.kind === 'system') return [];
  const own = effectiveScopes(state, actor);
  return scopes.filter((scope) => ![...expandScopes([scope])].every((implied) => own.has(implied)));
}

/** The error of a field with scopes that the actor may not grant. */
export function cannotGrant(scopes: readonly Scope[]): FieldErrors {
  return scopes.length === 0 ? {} : { scopes: [`You do not have permission to grant: ${scopes.join(', ')}.`] };
}

/** Why the actor may not enter the organization. Null if the actor may. */
export function denialOf(state: OrgState, actor: CallingActor): Denial | null {
  return accessOfActor(state, actor).denied;
}

function isAdmitted(state: OrgState, actor: CallingActor): boolean {
  return denialOf(state, actor) === null;
}

function accessOfActor(state: OrgState, actor: CallingActor): CallerAccess {
  return callerAccessOf(state, whoOf(actor), circumstancesOf(actor), actor.at);
}
