import * as z from 'zod';
import { teamRecordSchema } from '../../records.ts';
import { externalTeamShape } from './integrations.ts';
import { projectShape } from './projects.ts';
import { scope, storedTeamRole, teamRole } from './roles.ts';
import { dateTime, describeFields, id, letterAvatar, named } from './shape.ts';

/** REST contract 8.2. */
export const teamShape = named(
  'Team',
  'A team.',
  z.object({
    id: id.describe('Id of the team.'),
    slug: z.string().describe('Slug of the team, unique in its organization.'),
    name: z.string().describe('Name of the team.'),
    dateCreated: dateTime.describe('When the team was created.'),
    isMember: z.boolean().describe('Whether the caller is on the team.'),
    teamRole: teamRole.nullable().describe('The caller’s effective role on the team, or null if they are not on it.'),
    flags: z
      .object(
        describeFields(teamRecordSchema.shape.flags.shape, {
          'idp:provisioned': 'Whether the identity provider manages the team over SCIM.',
        }),
      )
      .describe('Details of the team.'),
    access: z.array(scope).describe('The caller’s scopes on the team.'),
    hasAccess: z.boolean().describe('Whether the caller has access, through membership in the team, open membership or a global role.'),
    isPending: z.boolean().describe('Whether the caller has an open access request for the team.'),
    memberCount: z.int().min(0).describe('Number of members with an active user. Pending invites are not counted.'),
    avatar: letterAvatar,
  }),
);

/** A team with the fields that `expand` adds, or without those that `detailed=0` omits. */
export const detailedTeamShape = named(
  'DetailedTeam',
  'A team with its projects.',
  teamShape.extend({
    externalTeams: z.array(externalTeamShape).optional().describe('Teams at providers that are mapped to this team.'),
    projects: z.array(projectShape).optional().describe('The projects that the team has access to.'),
  }),
);

/** REST contract 8.4. */
export const membershipShape = named(
  'TeamMembership',
  'A member’s membership in a team.',
  z.object({
    isActive: z.literal(true).describe('Always true.'),
    teamRole: storedTeamRole,
  }),
);
