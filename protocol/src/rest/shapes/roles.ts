import * as z from 'zod';
import { orgRoleIds, scopes, teamRoleIds } from '../../roles.ts';
import { named } from './shape.ts';

export const scope = named('Scope', 'A permission of a role or a token.', z.enum(scopes));
export const orgRole = named('OrgRoleId', 'A role in an organization, from the lowest to the highest.', z.enum(orgRoleIds));
export const teamRole = named('TeamRoleId', 'A role on a team, from the lowest to the highest.', z.enum(teamRoleIds));
export const storedTeamRole = teamRole.nullable().describe('The stored team role. Null if it is not above the minimum of the org role.');

const roleFields = {
  name: z.string().describe('Display name of the role.'),
  desc: z.string().describe('Description of the role.'),
  scopes: z.array(scope).describe('The scopes that the role has.'),
  allowed: z.boolean().describe('Former name of `isAllowed`.'),
  isAllowed: z.boolean().describe('Whether the caller may assign this role. Always false in the details of an organization.'),
  isRetired: z.boolean().describe('A retired role can no longer be assigned. Members who have it keep it.'),
  isTeamRolesAllowed: z.boolean().describe('Whether members with this role can have a team role.'),
};

/** REST contract 4.4. */
export const orgRoleShape = named(
  'OrgRole',
  'An organization role.',
  z.object({
    id: orgRole.describe('The role.'),
    ...roleFields,
    is_global: z.boolean().describe('Former name of `isGlobal`.'),
    isGlobal: z.boolean().describe('Whether the role gives access to every team and project, regardless of open membership.'),
    minimumTeamRole: teamRole.describe('The lowest team role of members with this role on their teams.'),
  }),
);

export const teamRoleShape = named(
  'TeamRole',
  'A team role.',
  z.object({
    id: teamRole.describe('The role.'),
    ...roleFields,
    isMinimumRoleFor: orgRole.nullable().describe('The lowest org role that implies this team role, or null if none does.'),
  }),
);
