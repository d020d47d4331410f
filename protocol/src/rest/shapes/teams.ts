import * as z from 'zod';
import { teamRecordSchema } from '../../records.ts';
import { externalTeamShape } from './integrations.ts';
import { projectShape } from './projects.ts';
import { scope, storedTeamRole, teamRole } from './roles.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 8.2. */
export const teamShape = named(
  'Team',
  z.object({
    id,
    slug: z.string(),
    name: z.string(),
    dateCreated: dateTime,
    isMember: z.boolean().describe('Whether the caller is on the team.'),
    teamRole: teamRole.nullable().describe('The caller’s effective role on the team, or null if they are not on it.'),
    flags: teamRecordSchema.shape.flags,
    access: z.array(scope).describe('The caller’s scopes on the team.'),
    hasAccess: z.boolean().describe('Whether the caller has access, through membership in the team, open membership or a global role.'),
    isPending: z.boolean().describe('Whether the caller has an open access request for the team.'),
    memberCount: z.int().min(0).describe('Number of members with an active user. Pending invites are not counted.'),
    avatar: z.object({ avatarType: z.literal('letter_avatar'), avatarUuid: z.null() }),
  }),
);

/** A team with the fields that `expand` adds, or without those that `detailed=0` omits. */
export const detailedTeamShape = named(
  'DetailedTeam',
  teamShape.extend({ externalTeams: z.array(externalTeamShape).optional(), projects: z.array(projectShape).optional() }),
);

/** REST contract 8.4. */
export const membershipShape = named(
  'TeamMembership',
  z.object({
    isActive: z.literal(true),
    teamRole: storedTeamRole,
  }),
);
