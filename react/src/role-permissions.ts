import { type MemberRecord, type OrgRoleId, orgRoles } from '@rollcall/client';

/**
 * The facts about the current user that decide whose role they may change. The server applies the
 * same rules.
 */
export interface RoleViewer {
  /** Null until the organization is loaded. */
  readonly member: MemberRecord | null;
  readonly canAdminMembers: boolean;
}

/** Whether the viewer may assign a role: none that is higher than their own. */
export function mayAssign({ member }: Pick<RoleViewer, 'member'>, role: OrgRoleId): boolean {
  return member !== null && orgRoles[role].priority <= orgRoles[member.orgRole].priority;
}

export function isSelf({ member }: Pick<RoleViewer, 'member'>, target: MemberRecord): boolean {
  return member !== null && member.id === target.id;
}

/** Null if the viewer can, otherwise the reason why not. */
export function whyNotChangeRole(viewer: RoleViewer, target: MemberRecord): string | null {
  if (!viewer.canAdminMembers) return 'Only managers and owners can change roles.';
  if (isSelf(viewer, target)) return 'You can’t change your own role.';
  if (!mayAssign(viewer, target.orgRole)) return `Only owners can change the role of an ${orgRoles[target.orgRole].name.toLowerCase()}.`;
  if (target.flags['idp:role-restricted']) return managedByProvider;
  return null;
}

export const managedByProvider = 'This is managed by your organization’s identity provider.';
