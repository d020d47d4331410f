import * as z from 'zod';
import { memberFlagsSchema, memberRecordSchema } from '../../records.ts';
import { orgRole, orgRoleShape, teamRole, teamRoleShape } from './roles.ts';
import { dateTime, id, named, noItems, nothing } from './shape.ts';
import { teamShape } from './teams.ts';
import { fullUserShape, userShape } from './users.ts';

/** The base shape (REST contract 6.2). */
export const memberShape = named(
  'Member',
  z.object({
    id,
    email: z.string().nullable().describe('The invite’s address, or the primary one of the user.'),
    name: z.string(),
    user: userShape.nullable().describe('Null for an invite that nobody has accepted.'),
    orgRole,
    role: orgRole.describe('Old name of `orgRole`.'),
    roleName: z.string(),
    pending: z.boolean().describe('An invite, or a request for one: there is no user yet.'),
    expired: z.boolean().describe('A pending invite whose link works no more.'),
    flags: memberFlagsSchema,
    dateCreated: dateTime,
    inviteStatus: memberRecordSchema.shape.inviteStatus.check(z.describe('`approved` for members and invites; the others are requests.')),
    inviterName: z.string().nullable(),
  }),
);

export const listedMemberShape = named(
  'ListedMember',
  memberShape.extend({ externalUsers: noItems.optional().describe('With `expand=externalUsers`.') }),
);

const teamFields = {
  teams: z.array(z.string()).describe('Slugs.'),
  teamRoles: z.array(z.object({ teamSlug: z.string(), role: teamRole.nullable().describe('As stored.') })),
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
      .describe('In full for callers who may assign some role, for whom it is `{}` while the invite is pending.'),
    isOnlyOwner: z.boolean(),
    orgRoleList: z.array(orgRoleShape),
    roles: z.array(orgRoleShape).describe('Old name of `orgRoleList`.'),
    teamRoleList: z.array(teamRoleShape),
  }),
);

export const teamMemberShape = named(
  'TeamMember',
  memberShape.extend({ teamRole: teamRole.nullable().describe('As stored.'), teamSlug: z.string() }),
);

/** REST contract 8.5. */
export const accessRequestShape = named(
  'AccessRequest',
  z.object({
    id,
    member: memberShape.describe('Who wants a place.'),
    team: teamShape,
    requester: userShape.nullable().describe('Who asked for somebody else.'),
  }),
);

/** REST contract 7.4. */
export const inviteShape = named(
  'Invite',
  z.object({
    orgSlug: z.string(),
    needsAuthentication: z.boolean().describe('Nobody is logged in.'),
    needsSso: z.literal(false),
    hasAuthProvider: z.literal(false),
    requireSso: z.literal(false),
    existingMember: z.boolean().describe('Whoever is logged in is a member already.'),
    needs2fa: z.boolean().describe('Whoever is logged in needs a second factor first.'),
    needsEmailVerification: z.literal(false),
  }),
);

export const reinstatedShape = named(
  'ReinstatedMembers',
  z.object({
    reinstated: z.array(id).describe('Members who are back.'),
    skipped: z.array(z.object({ id, reason: z.enum(['not-blocked', 'two-factor-required', 'user-inactive', 'role-not-assignable']) })),
  }),
);

/** The outcome of a bulk request for each of its rows. */
export const membersChangedShape = named(
  'MembersChanged',
  z.object({
    results: z.array(
      z.object({
        id: id.describe('The member, as in the request.'),
        status: z.int().describe('The status that a call for this member alone would have answered.'),
        error: z.unknown().describe('The body of the refusal; null for a command that was carried out.'),
      }),
    ),
  }),
);
