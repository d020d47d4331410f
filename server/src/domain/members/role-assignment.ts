import { assignableRoles, type OrgRoleId, type OrgState, orgRoleIds } from '@rollcall/protocol';
import { type Actor, hasNoUser, whoOf } from '../actor.ts';
import { isAuthorized } from '../authorize.ts';
import type { FieldErrors } from '../field-errors.ts';

/**
 * The org roles that an actor may invite as. A token without a user has no member whose role could
 * be compared, so it may only use the lowest role (REST contract 4.3).
 */
export function rolesForInvites(state: OrgState, actor: Actor): readonly OrgRoleId[] {
  if (actor.kind === 'operator' || actor.kind === 'system') return orgRoleIds;
  return hasNoUser(actor) ? ['member'] : assignableRoles(state, whoOf(actor));
}

/**
 * The org roles that an actor may give to, or remove from, an existing member. There are none
 * without member:admin (REST contract 4.3, 6.5).
 */
export function rolesForMembers(state: OrgState, actor: Actor): readonly OrgRoleId[] {
  if (actor.kind === 'operator' || actor.kind === 'system') return orgRoleIds;
  return isAuthorized(state, actor, 'member:admin') ? assignableRoles(state, whoOf(actor)) : [];
}

/** A role as sent, with the key under which it was sent. */
export interface GivenRole {
  readonly key: 'orgRole' | 'role';
  readonly value: string;
}

export function isOrgRole(value: string): value is OrgRoleId {
  return (orgRoleIds as readonly string[]).includes(value);
}

/**
 * A role of Sentry's hosted service. The newer key accepts it, but no actor may assign it (REST
 * contract 4.1).
 */
const hostedRole: GivenRole = { key: 'orgRole', value: 'billing' };

const cannotSet = 'You do not have permission to set that org-level role';

export function unknownRoleErrors({ key, value }: GivenRole): FieldErrors {
  if (isOrgRole(value)) return {};
  const isHosted = key === hostedRole.key && value === hostedRole.value;
  return { [key]: [isHosted ? cannotSet : `"${value}" is not a valid choice.`] };
}

export function assignableRoleErrors({ key, value }: GivenRole, assignable: readonly OrgRoleId[]): FieldErrors {
  return (assignable as readonly string[]).includes(value) ? {} : { [key]: [cannotSet] };
}

export function retiredRole(role: OrgRoleId): string {
  return `The role '${role}' is deprecated and may no longer be assigned.`;
}
