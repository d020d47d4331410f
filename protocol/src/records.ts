import * as z from 'zod/mini';
import { idSchema } from './ids.ts';
import type { Json } from './json.ts';
import { orgFlagsSchema } from './org-flags.ts';
import { orgSettingsSchema } from './org-settings.ts';
import { orgRoleSchema, scopeSchema, teamRoleSchema } from './roles.ts';

/**
 * Records are the things an organization's state is made of. Their fields are those of the REST shapes, less what
 * depends on the caller (`access`, `isMember`), on the clock (`expired`) or on other records (`memberCount`).
 */

/** ISO 8601 in UTC with microseconds, as PostgreSQL keeps it: `2020-09-14T17:28:14.933511Z`. */
const dateTimeSchema = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/));

export const orgStatuses = ['active', 'pending_deletion', 'deletion_in_progress'] as const;
export type OrgStatus = (typeof orgStatuses)[number];

export const organizationRecordSchema = z.object({
  id: idSchema,
  slug: z.string(),
  name: z.string(),
  status: z.enum(orgStatuses),
  dateCreated: dateTimeSchema,
  defaultRole: orgRoleSchema,
  avatarType: z.enum(['letter_avatar', 'upload']),
  /** Names the image that was uploaded last, whether or not it is shown: `<server>/organization-avatar/<avatarUuid>/`. */
  avatarUuid: z.nullable(z.string()),
  ...orgFlagsSchema.shape,
  ...orgSettingsSchema.shape,
});
export type OrganizationRecord = z.infer<typeof organizationRecordSchema>;

export const memberUserSchema = z.object({
  id: idSchema,
  name: z.string(),
  /** Null where the audience may not see addresses. */
  username: z.nullable(z.string()),
  email: z.nullable(z.string()),
  isActive: z.boolean(),
  has2fa: z.boolean(),
});
export type MemberUser = z.infer<typeof memberUserSchema>;

export const memberFlagsSchema = z.object({
  'idp:provisioned': z.boolean(),
  'idp:role-restricted': z.boolean(),
  'sso:linked': z.boolean(),
  'sso:invalid': z.boolean(),
  'member-limit:restricted': z.boolean(),
  'partnership:restricted': z.boolean(),
});

/** A member without a user is pending: an invite (REST contract 6). */
export const memberRecordSchema = z.object({
  id: idSchema,
  /** The invite's address, or the user's primary one. Null where the audience may not see it. */
  email: z.nullable(z.string()),
  name: z.string(),
  user: z.nullable(memberUserSchema),
  orgRole: orgRoleSchema,
  pending: z.boolean(),
  flags: memberFlagsSchema,
  dateCreated: dateTimeSchema,
  inviteStatus: z.enum(['approved', 'requested_to_be_invited', 'requested_to_join']),
  /** The user who invited, while they can be named. */
  inviterId: z.nullable(idSchema),
  inviterName: z.nullable(z.string()),
  /** Null never expires. REST's `expired` is this compared with the clock. */
  inviteExpiresAt: z.nullable(dateTimeSchema),
  /**
   * Only on a member whom `require2FA` locked out, who is pending until they set up a second factor: the user it was.
   * Absent everywhere else.
   */
  detachedUser: z.exactOptional(z.object({ id: idSchema, name: z.string() })),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

export const teamRecordSchema = z.object({
  id: idSchema,
  slug: z.string(),
  name: z.string(),
  dateCreated: dateTimeSchema,
  flags: z.object({ 'idp:provisioned': z.boolean() }),
});
export type TeamRecord = z.infer<typeof teamRecordSchema>;

/** `id` is `<teamId>:<memberId>`. */
export const teamMemberRecordSchema = z.object({
  id: z.string(),
  teamId: idSchema,
  memberId: idSchema,
  /** As stored: null when not above what the org role brings anyway. */
  teamRole: z.nullable(teamRoleSchema),
});
export type TeamMemberRecord = z.infer<typeof teamMemberRecordSchema>;

export const projectRecordSchema = z.object({
  id: idSchema,
  slug: z.string(),
  name: z.string(),
  platform: z.nullable(z.string()),
  dateCreated: dateTimeSchema,
});
export type ProjectRecord = z.infer<typeof projectRecordSchema>;

/** `id` is `<projectId>:<teamId>`. */
export const projectTeamRecordSchema = z.object({ id: z.string(), projectId: idSchema, teamId: idSchema });
export type ProjectTeamRecord = z.infer<typeof projectTeamRecordSchema>;

/** Versions of the loader script that a client key can name. */
export const browserSdkVersions = ['latest', '10.x', '9.x', '8.x', '7.x'] as const;

/** What a program says to send events to a project with. Its `id` is its public part; the other part is no part of any record. */
export const projectKeyRecordSchema = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  projectId: idSchema,
  name: z.string(),
  isActive: z.boolean(),
  /** At most `count` events in `window` seconds. Null is no limit. */
  rateLimit: z.nullable(z.object({ window: z.int(), count: z.int() })),
  browserSdkVersion: z.string(),
  /** What the loader script brings along. */
  dynamicSdkLoaderOptions: z.object({
    hasReplay: z.boolean(),
    hasPerformance: z.boolean(),
    hasDebug: z.boolean(),
    hasFeedback: z.boolean(),
    hasLogsAndMetrics: z.boolean(),
  }),
  dateCreated: dateTimeSchema,
});
export type ProjectKeyRecord = z.infer<typeof projectKeyRecordSchema>;

/** Somebody asks for a place on a team, or another member for them (REST contract 8.4). Done with when they are on it, or refused. */
export const accessRequestRecordSchema = z.object({
  id: idSchema,
  teamId: idSchema,
  memberId: idSchema,
  /** The user who asked for somebody else; null where the member asked for themselves. */
  requesterId: z.nullable(idSchema),
});
export type AccessRequestRecord = z.infer<typeof accessRequestRecordSchema>;

/** An organization token, without its text. */
export const authTokenRecordSchema = z.object({
  id: idSchema,
  name: z.string(),
  scopes: z.array(scopeSchema),
  tokenLastCharacters: z.string(),
  dateCreated: dateTimeSchema,
});
export type AuthTokenRecord = z.infer<typeof authTokenRecordSchema>;

/** One thing that somebody did, as the audit log tells it (REST contract 11). The organization's state holds the newest ones only. */
export const auditEntryRecordSchema = z.object({
  id: idSchema,
  /** `member.invite` */
  event: z.string(),
  /** Null for the server itself and whoever runs it. The id is null for a token. Named as they were called then. */
  actor: z.nullable(z.object({ id: z.nullable(idSchema), name: z.string() })),
  targetUser: z.nullable(z.object({ id: idSchema, name: z.string() })),
  /** The id of the member, team, project or token it was done to. */
  targetObject: z.nullable(idSchema),
  ipAddress: z.nullable(z.string()),
  note: z.string(),
  data: z.record(z.string(), z.string()),
  dateCreated: dateTimeSchema,
});
export type AuditEntryRecord = z.infer<typeof auditEntryRecordSchema>;

/** Any record, of a kind this version may not know: it is kept, counted and passed through. */
export interface OrgRecord {
  readonly id: string;
  readonly [field: string]: Json;
}

export function teamMemberId(teamId: string, memberId: string): string {
  return `${teamId}:${memberId}`;
}

export function projectTeamId(projectId: string, teamId: string): string {
  return `${projectId}:${teamId}`;
}
