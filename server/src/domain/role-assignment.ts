import { assignableRoles, type OrgRoleId, type OrgState, orgRoleIds } from '@rollcall/protocol';
import { type Actor, whoOf } from './actor.ts';
import { isAuthorized } from './authorize.ts';

/** The org roles an actor may invite as. Without a member row there is none to compare with, so only the lowest (spec: 4.3). */
export function rolesForInvites(state: OrgState, actor: Actor): readonly OrgRoleId[] {
  if (actor.kind === 'operator' || actor.kind === 'system') return orgRoleIds;
  return actor.kind === 'org-token' ? ['member'] : assignableRoles(state, whoOf(actor));
}

/** The org roles an actor may give to, or take from, a member who is there: none without member:admin (spec: 4.3, 6.5). */
export function rolesForMembers(state: OrgState, actor: Actor): readonly OrgRoleId[] {
  if (actor.kind === 'operator' || actor.kind === 'system') return orgRoleIds;
  return isAuthorized(state, actor, 'member:admin') ? assignableRoles(state, whoOf(actor)) : [];
}

export const cannotSetRole = 'You do not have permission to set that org-level role';

export function retiredRole(role: OrgRoleId): string {
  return `The role '${role}' is deprecated and may no longer be assigned.`;
}
