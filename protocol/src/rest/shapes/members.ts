import * as z from 'zod';
import { memberFlagsSchema, memberRecordSchema } from '../../records.ts';
import { externalUserShape } from './integrations.ts';
import { orgRole, orgRoleShape, storedTeamRole, teamRoleShape } from './roles.ts';
import { dateTime, id, named, nothing } from './shape.ts';
import { teamShape } from './teams.ts';
import { fullUserShape, userShape } from './users.ts';

/** The base shape (REST contract 6.2). */
export const memberShape = named(
  'Member',
  z.object({
    id,
    email: z.string().nullable().describe('The invited address, or the user’s primary address.'),
    name: z.string(),
    user: userShape.nullable().describe('Null for a pending invite or a request.'),
    orgRole,
    role: orgRole.describe('Former name of `orgRole`.'),
    roleName: z.string(),
    pending: z.boolean().describe('Whether this is an invite or a request, which has no user yet.'),
    expired: z.boolean().describe('Whether this is a pending invite that has expired.'),
    flags: memberFlagsSchema,
    dateCreated: dateTime,
    inviteStatus: memberRecordSchema.shape.inviteStatus.check(
      z.describe('`approved` for members and invites. The other values are requests.'),
    ),
    inviterName: z.string().nullable(),
  }),
);

export const listedMemberShape = named(
  'ListedMember',
  memberShape.extend({ externalUsers: z.array(externalUserShape).optional().describe('Present with `expand=externalUsers`.') }),
);

const teamFields = {
  teams: z.array(z.string()).describe('Team slugs.'),
  teamRoles: z.array(
    z.object({
      teamSlug: z.string(),
      role: storedTeamRole,
    }),
  ),
};

export const memberWithTeamsShape = named('MemberWithTeams', memberShape.extend(teamFields));

/** REST contract 6.4. */
export const memberDetailsShape = named(
  'MemberDetails',
  memberShape.extend({
    ...teamFields,
    user: z
      .union([fullUserShape, userShape, nothing.strict()])
      .nullable()
      .describe('Callers who may assign a role get a `FullUser`, or `{}` for a pending invite. Other callers get a `User`, or null.'),
    isOnlyOwner: z.boolean(),
    isRecoveryOwner: z.literal(true).optional().describe('Present for an owner who gets in without single sign-on where it is required.'),
    orgRoleList: z.array(orgRoleShape),
    roles: z.array(orgRoleShape).describe('Former name of `orgRoleList`.'),
    teamRoleList: z.array(teamRoleShape),
  }),
);

export const teamMemberShape = named(
  'TeamMember',
  memberShape.extend({
    teamRole: storedTeamRole,
    teamSlug: z.string(),
  }),
);

/** REST contract 8.5. */
export const accessRequestShape = named(
  'AccessRequest',
  z.object({
    id,
    member: memberShape.describe('The member who wants to join the team.'),
    team: teamShape,
    requester: userShape.nullable().describe('The user who made the request for the member. Null if the member made it.'),
  }),
);

/** REST contract 7.4. */
export const inviteShape = named(
  'Invite',
  z.object({
    orgSlug: z.string(),
    needsAuthentication: z.boolean().describe('Whether the caller must log in first.'),
    needsSso: z.boolean().describe('Whether the caller must join through the identity provider.'),
    hasAuthProvider: z.boolean(),
    requireSso: z.boolean().describe('Whether the organization requires single sign-on.'),
    existingMember: z.boolean().describe('Whether the caller is already a member.'),
    needs2fa: z.boolean().describe('Whether the caller must set up a second factor first.'),
    needsEmailVerification: z.literal(false),
    ssoProvider: z.string().optional().describe('The name of the active identity provider.'),
  }),
);

export const reinstatedShape = named(
  'ReinstatedMembers',
  z.object({
    reinstated: z.array(id).describe('Ids of the reinstated members.'),
    skipped: z.array(z.object({ id, reason: z.enum(['not-blocked', 'two-factor-required', 'user-inactive', 'role-not-assignable']) })),
  }),
);

/** The outcome of a bulk request for each of its rows. */
export const membersChangedShape = named(
  'MembersChanged',
  z.object({
    results: z.array(
      z.object({
        id: id.describe('Id of the member, as in the request.'),
        status: z.int().describe('The status that a separate request for this member would have.'),
        error: z.unknown().describe('The body of the error. Null if the command succeeded.'),
      }),
    ),
  }),
);
