import * as z from 'zod/mini';
import { dateTimeSchema } from './date-time.ts';
import { idSchema } from './ids.ts';
import type { Json } from './json.ts';
import { orgFlagsSchema } from './org-flags.ts';
import { orgSettingsSchema } from './org-settings.ts';
import { orgRoleSchema, scopeSchema, teamRoleSchema } from './roles.ts';
import { orgSsoSchema } from './security-records.ts';

/**
 * The records of an organization's state. Their fields are those of the REST shapes, without fields
 * that depend on the caller (`access`, `isMember`), on the time (`expired`) or on other records
 * (`memberCount`).
 */

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
  /**
   * Identifies the image that was uploaded last, whether or not it is shown:
   * `<server>/organization-avatar/<avatarUuid>/`.
   */
  avatarUuid: z.nullable(z.string()),
  ...orgFlagsSchema.shape,
  ...orgSettingsSchema.shape,
  ...orgSsoSchema.shape,
});
export type OrganizationRecord = z.infer<typeof organizationRecordSchema>;

export const memberUserSchema = z.object({
  id: idSchema,
  name: z.string(),
  /** Null if the audience may not see addresses. */
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
export const newMemberFlags: z.infer<typeof memberFlagsSchema> = {
  'idp:provisioned': false,
  'idp:role-restricted': false,
  'member-limit:restricted': false,
  'partnership:restricted': false,
  'sso:invalid': false,
  'sso:linked': false,
};

/**
 * The id that the operator's own system has for a user or for the organization. It is not a field
 * of the member or the organization, because only service credentials may see it.
 */
export const externalIdRecordSchema = z.object({
  /** The id of the user, who is a member, or `organization`. */
  id: z.string(),
  externalId: z.string(),
});
export type ExternalIdRecord = z.infer<typeof externalIdRecordSchema>;

/** A member without a user is pending: an invite (REST contract 6). */
export const memberRecordSchema = z.object({
  id: idSchema,
  /** The invite's address, or the user's primary one. Null if the audience may not see it. */
  email: z.nullable(z.string()),
  name: z.string(),
  user: z.nullable(memberUserSchema),
  orgRole: orgRoleSchema,
  pending: z.boolean(),
  flags: memberFlagsSchema,
  dateCreated: dateTimeSchema,
  inviteStatus: z.enum(['approved', 'requested_to_be_invited', 'requested_to_join']),
  /** The user who sent the invite, as long as they can be named. */
  inviterId: z.nullable(idSchema),
  inviterName: z.nullable(z.string()),
  /** Null if the invite does not expire. REST compares it with the clock for `expired`. */
  inviteExpiresAt: z.nullable(dateTimeSchema),
  /**
   * The user of a member whom `require2FA` locked out, who is pending until they set up a second
   * factor. Absent for all other members.
   */
  detachedUser: z.exactOptional(z.object({ id: idSchema, name: z.string() })),
  /**
   * An owner who has access without the single sign-on that the organization requires, so that a
   * broken identity provider does not lock everyone out. Absent for all other members.
   */
  isRecoveryOwner: z.exactOptional(z.literal(true)),
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
  /** As stored: null if it is not above the minimum of the org role. */
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

/** The versions of the loader script that a client key can select. */
export const browserSdkVersions = ['latest', '10.x', '9.x', '8.x', '7.x'] as const;

/**
 * A credential with which programs send events to a project. Its `id` is the public part. No record
 * contains the secret part.
 */
export const projectKeyRecordSchema = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  projectId: idSchema,
  name: z.string(),
  isActive: z.boolean(),
  /** At most `count` events in `window` seconds. Null for no limit. */
  rateLimit: z.nullable(z.object({ window: z.int(), count: z.int() })),
  browserSdkVersion: z.string(),
  /** The features of the loader script. */
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

/**
 * A request of a member to join a team, or of another member on their behalf (REST contract 8.4).
 * It ends when the member is on the team, or when the request is refused.
 */
export const accessRequestRecordSchema = z.object({
  id: idSchema,
  teamId: idSchema,
  memberId: idSchema,
  /** The user who made the request for another member. Null if the member made it. */
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

/**
 * An action in the audit log (REST contract 11). The organization's state contains only the newest
 * entries.
 */
export const auditEntryRecordSchema = z.object({
  id: idSchema,
  /** `member.invite` */
  event: z.string(),
  /**
   * Null for the server itself and its operator. The id is null for a token. The name is that at
   * the time of the action.
   */
  actor: z.nullable(z.object({ id: z.nullable(idSchema), name: z.string() })),
  /** The operator who acted, or for whom the server acts. Absent for other actors. */
  operator: z.exactOptional(z.object({ name: z.string() })),
  targetUser: z.nullable(z.object({ id: idSchema, name: z.string() })),
  /** The id of the affected member, team, project or token. */
  targetObject: z.nullable(idSchema),
  ipAddress: z.nullable(z.string()),
  note: z.string(),
  data: z.record(z.string(), z.string()),
  dateCreated: dateTimeSchema,
});
export type AuditEntryRecord = z.infer<typeof auditEntryRecordSchema>;

/**
 * A record of any kind. Records of kinds that this version does not know are also stored, counted
 * and forwarded.
 */
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
