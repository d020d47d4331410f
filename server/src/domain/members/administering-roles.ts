import { type OrgRoleId, orgRoleIds, orgRoles } from '@rollcall/protocol';

/** The roles that can administer the organization. One active member with such a role remains. */
export const administeringRoles: readonly OrgRoleId[] = orgRoleIds.filter((role) => orgRoles[role].scopes.includes('org:write'));
