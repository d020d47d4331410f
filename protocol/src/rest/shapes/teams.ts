import * as z from 'zod';
import { teamRecordSchema } from '../../records.ts';
import { projectShape } from './projects.ts';
import { scope, teamRole } from './roles.ts';
import { dateTime, id, named, noItems } from './shape.ts';

/** REST contract 8.2. */
export const teamShape = named(
  'Team',
  z.object({
    id,
    slug: z.string(),
    name: z.string(),
    dateCreated: dateTime,
    isMember: z.boolean().describe('Whether the caller is on the team.'),
    teamRole: teamRole.nullable().describe('The caller’s effective role on the team; null when they are not on it.'),
    flags: teamRecordSchema.shape.flags,
    access: z.array(scope).describe('What the caller may do on this team.'),
    hasAccess: z.boolean().describe('By being on the team, by open membership, or by a global role.'),
    isPending: z.boolean().describe('Whether the caller has asked for a place on it.'),
    memberCount: z.int().min(0).describe('Without invites that nobody has accepted.'),
    avatar: z.object({ avatarType: z.literal('letter_avatar'), avatarUuid: z.null() }),
  }),
);

/** A team with the fields that `expand` adds, or without those that `detailed=0` omits. */
export const detailedTeamShape = named(
  'DetailedTeam',
  teamShape.extend({ externalTeams: noItems.optional(), projects: z.array(projectShape).optional() }),
);

/** REST contract 8.4. */
export const membershipShape = named(
  'TeamMembership',
  z.object({
    isActive: z.literal(true),
    teamRole: teamRole.nullable().describe('As stored: null when it is not above what the org role brings anyway.'),
  }),
);
