import * as z from 'zod';
import { orgRoleIds, scopes, teamRoleIds } from '../../roles.ts';
import { named } from './shape.ts';

export const scope = named('Scope', z.enum(scopes));
export const orgRole = named('OrgRoleId', z.enum(orgRoleIds));
export const teamRole = named('TeamRoleId', z.enum(teamRoleIds));

const roleFields = {
  name: z.string(),
  desc: z.string(),
  scopes: z.array(scope),
  allowed: z.boolean().describe('Old name of `isAllowed`.'),
  isAllowed: z.boolean().describe('Whether the caller may give this role. Always false in the details of an organization.'),
  isRetired: z.boolean().describe('Retired roles are kept by those who have them, and given to nobody.'),
  isTeamRolesAllowed: z.boolean(),
};

/** REST contract 4.4. */
export const orgRoleShape = named(
  'OrgRole',
  z.object({
    id: orgRole,
    ...roleFields,
    is_global: z.boolean().describe('Old name of `isGlobal`.'),
    isGlobal: z.boolean().describe('Reaches every team and project, whatever open membership says.'),
    minimumTeamRole: teamRole.describe('The least that a member with this role is on any of their teams.'),
  }),
);

export const teamRoleShape = named(
  'TeamRole',
  z.object({
    id: teamRole,
    ...roleFields,
    isMinimumRoleFor: orgRole.nullable().describe('The lowest org role that brings this team role, if any does.'),
  }),
);
