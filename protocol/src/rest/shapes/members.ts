import * as z from 'zod';
import { memberFlagsSchema, memberRecordSchema } from '../../records.ts';
import { externalUserShape } from './integrations.ts';
import { orgRole, orgRoleShape, storedTeamRole, teamRoleShape } from './roles.ts';
import { alwaysFalse, dateTime, describeFields, id, named, nothing } from './shape.ts';
import { teamShape } from './teams.ts';
import { fullUserShape, userShape } from './users.ts';

const memberFlags = z
  .object(
    describeFields(memberFlagsSchema.shape, {
      'idp:provisioned': 'Whether the identity provider manages the member over SCIM.',
      'idp:role-restricted': 'Whether only the identity provider may change the role.',
      'sso:linked': 'Whether an identity of the identity provider is linked to the member.',
      'sso:invalid': 'Whether the linked identity is no longer valid.',
      'member-limit:restricted': 'Whether a limit on the number of members blocks the member.',
      'partnership:restricted': 'Whether a partnership manages the member.',
    }),
  )
  .describe('Details of the membership.');

/** The base shape (REST contract 6.2). */
export const memberShape = named(
  'Member',
  'A member of an organization, or an invite.',
  z.object({
    id: id.describe('Id of the member or the invite.'),
    email: z.string().nullable().describe('The invited address, or the user’s primary address.'),
    name: z.string().describe('Name of the user. The email address if there is no name.'),
    user: userShape.nullable().describe('Null for a pending invite or a request.'),
    orgRole: orgRole.describe('Role in the organization.'),
    role: orgRole.describe('Former name of `orgRole`.'),
    roleName: z.string().describe('Display name of the role.'),
    pending: z.boolean().describe('Whether this is an invite or a request, which has no user yet.'),
    expired: z.boolean().describe('Whether this is a pending invite that has expired.'),
    flags: memberFlags,
    dateCreated: dateTime.describe('When the person was invited or added.'),
    inviteStatus: memberRecordSchema.shape.inviteStatus.check(
      z.describe('`approved` for members and invites. The other values are requests.'),
    ),
    inviterName: z.string().nullable().describe('Name of the user who sent the invite, or null.'),
  }),
);

export const listedMemberShape = named(
  'ListedMember',
  'A member in a list.',
  memberShape.extend({ externalUsers: z.array(externalUserShape).optional().describe('Present with `expand=externalUsers`.') }),
);

const teamFields = {
  teams: z.array(z.string()).describe('Team slugs.'),
  teamRoles: z
    .array(
      z.object({
        teamSlug: z.string().describe('Slug of the team.'),
        role: storedTeamRole,
      }),
    )
    .describe('The teams with the roles of the member.'),
};

export const memberWithTeamsShape = named('MemberWithTeams', 'A member with their teams.', memberShape.extend(teamFields));

/** REST contract 6.4. */
export const memberDetailsShape = named(
  'MemberDetails',
  'A member with their teams and the roles to choose from.',
  memberShape.extend({
    ...teamFields,
    user: z
      .union([fullUserShape, userShape, nothing.strict()])
      .nullable()
      .describe('Callers who may assign a role get a `FullUser`, or `{}` for a pending invite. Other callers get a `User`, or null.'),
    isOnlyOwner: z.boolean().describe('Whether the member is the only owner of the organization.'),
    isRecoveryOwner: z
      .literal(true)
      .optional()
      .describe('Present for a recovery owner, who has access without the single sign-on that the organization requires.'),
    orgRoleList: z.array(orgRoleShape).describe('All organization roles, the lowest first.'),
    roles: z.array(orgRoleShape).describe('Former name of `orgRoleList`.'),
    teamRoleList: z.array(teamRoleShape).describe('All team roles, the lowest first.'),
  }),
);

export const teamMemberShape = named(
  'TeamMember',
  'A member of a team, with their role on it.',
  memberShape.extend({
    teamRole: storedTeamRole,
    teamSlug: z.string().describe('Slug of the team.'),
  }),
);

/** REST contract 8.5. */
export const accessRequestShape = named(
  'AccessRequest',
  'A request to add a member to a team.',
  z.object({
    id: id.describe('Id of the access request.'),
    member: memberShape.describe('The member who wants to join the team.'),
    team: teamShape,
    requester: userShape.nullable().describe('The user who made the request for the member. Null if the member made it.'),
  }),
);

/** REST contract 7.4. */
export const inviteShape = named(
  'Invite',
  'An invite, for the person who opens its link.',
  z.object({
    orgSlug: z.string().describe('Slug of the organization.'),
    needsAuthentication: z.boolean().describe('Whether the caller must log in first.'),
    needsSso: z.boolean().describe('Whether the caller must join through the identity provider.'),
    hasAuthProvider: z.boolean().describe('Whether the organization has an active identity provider.'),
    requireSso: z.boolean().describe('Whether the organization requires single sign-on.'),
    existingMember: z.boolean().describe('Whether the caller is already a member.'),
    needs2fa: z.boolean().describe('Whether the caller must set up a second factor first.'),
    needsEmailVerification: alwaysFalse,
    ssoProvider: z.string().optional().describe('The name of the active identity provider.'),
  }),
);

export const reinstatedShape = named(
  'ReinstatedMembers',
  'The outcome of a reinstatement.',
  z.object({
    reinstated: z.array(id).describe('Ids of the reinstated members.'),
    skipped: z
      .array(
        z.object({
          id: id.describe('Id of the member.'),
          reason: z
            .enum(['not-blocked', 'two-factor-required', 'user-inactive', 'role-not-assignable'])
            .describe('Why the member was not reinstated.'),
        }),
      )
      .describe('Members who were not reinstated.'),
  }),
);

/** The outcome of a bulk request for each of its rows. */
export const membersChangedShape = named(
  'MembersChanged',
  'The outcome of a bulk request.',
  z.object({
    results: z
      .array(
        z.object({
          id: id.describe('Id of the member, as in the request.'),
          status: z.int().describe('The status that a separate request for this member would have.'),
          error: z.unknown().describe('The body of the error. Null if the command succeeded.'),
        }),
      )
      .describe('One result for each row of the request, in its order.'),
  }),
);
