import { type OrgRoleId, orgRoleIds, orgRoles, teamRoleIds, teamRoles } from '@rollcall/protocol';
import type { orgRoleShape, ResponseOf, teamRoleShape } from '@rollcall/protocol/rest/shapes';

/**
 * Role objects, lowest role first, with the old duplicate fields that clients still read (REST
 * contract 4.4).
 */

export function presentOrgRoles(allowed: readonly OrgRoleId[], retired: ReadonlySet<OrgRoleId>): ResponseOf<typeof orgRoleShape>[] {
  return orgRoleIds.map((id) => {
    const { name, desc, isGlobal, minimumTeamRole, scopes } = orgRoles[id];
    const isAllowed = allowed.includes(id);
    return {
      id,
      name,
      desc,
      scopes,
      allowed: isAllowed,
      isAllowed,
      isRetired: retired.has(id),
      isTeamRolesAllowed: true,
      is_global: isGlobal,
      isGlobal,
      minimumTeamRole,
    };
  });
}

/** A caller may assign a team role if they may assign an org role that implies it. */
export function presentTeamRoles(allowed: readonly OrgRoleId[]): ResponseOf<typeof teamRoleShape>[] {
  return teamRoleIds.map((id) => {
    const { name, desc, scopes, isMinimumRoleFor } = teamRoles[id];
    const isAllowed = allowed.some((role) => orgRoles[role].minimumTeamRole === id);
    return { id, name, desc, scopes, allowed: isAllowed, isAllowed, isRetired: false, isTeamRolesAllowed: true, isMinimumRoleFor };
  });
}
