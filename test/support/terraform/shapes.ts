import * as z from 'zod';
import { flag, integer, list, pointer, text, time } from './go-client.ts';

/**
 * The structs into which Terraform's provider decodes responses, with only the fields that it
 * reads.
 */

const orgRole = z.object({
  id: text,
  name: text,
  desc: text,
  scopes: list(text),
  isAllowed: flag,
  isRetired: flag,
  isGlobal: flag,
  minimumTeamRole: text,
});
const teamRole = z.object({
  id: text,
  name: text,
  desc: text,
  scopes: list(text),
  isAllowed: flag,
  isRetired: flag,
  isMinimumRoleFor: text,
});

export const organizationShape = z.object({
  id: text,
  name: text,
  slug: text,
  orgRoleList: list(orgRole),
  teamRoleList: list(teamRole),
  features: list(text),
  isEarlyAdopter: pointer(z.boolean()),
  hideAiFeatures: pointer(z.boolean()),
  codecovAccess: pointer(z.boolean()),
  defaultRole: pointer(z.string()),
  openMembership: pointer(z.boolean()),
  eventsMemberAdmin: pointer(z.boolean()),
  alertsMemberWrite: pointer(z.boolean()),
  attachmentsRole: pointer(z.string()),
  debugFilesRole: pointer(z.string()),
  avatar: pointer(z.object({ avatarType: pointer(z.string()), avatarUuid: pointer(z.string()) })),
  require2FA: pointer(z.boolean()),
  allowSharedIssues: pointer(z.boolean()),
  enhancedPrivacy: pointer(z.boolean()),
  scrapeJavaScript: pointer(z.boolean()),
  storeCrashReports: pointer(z.int()),
  allowJoinRequests: pointer(z.boolean()),
  dataScrubber: pointer(z.boolean()),
  dataScrubberDefaults: pointer(z.boolean()),
  sensitiveFields: pointer(z.array(z.string())),
  safeFields: pointer(z.array(z.string())),
  scrubIPAddresses: pointer(z.boolean()),
  relayPiiConfig: pointer(z.string()),
  trustedRelays: pointer(z.array(z.object({ name: text, publicKey: text, description: text }))),
  githubPRBot: pointer(z.boolean()),
  githubOpenPRBot: pointer(z.boolean()),
  githubNudgeInvite: pointer(z.boolean()),
  gitlabPRBot: pointer(z.boolean()),
  allowMemberProjectCreation: pointer(z.boolean()),
});
export type Organization = z.infer<typeof organizationShape>;

export const teamShape = z.object({
  id: text,
  slug: text,
  name: text,
  dateCreated: time,
  hasAccess: flag,
  isPending: flag,
  isMember: flag,
});

export const memberShape = z.object({
  id: text,
  email: text,
  name: text,
  pending: flag,
  expired: flag,
  orgRole: text,
  user: z
    .object({ id: text })
    .nullish()
    .transform((user) => user ?? { id: '' }),
});

export const memberWithRolesShape = z.object({
  id: text,
  email: text,
  name: text,
  pending: flag,
  expired: flag,
  orgRole: text,
  orgRoleList: list(orgRole),
  teamRoles: list(z.object({ teamSlug: text, role: pointer(z.string()) })),
  teamRoleList: list(teamRole),
});

export const teamMemberShape = z.object({ isActive: flag, teamRole: pointer(z.string()) });

export const projectShape = z.object({
  organization: organizationShape,
  id: text,
  name: text,
  slug: text,
  platform: text,
  dateCreated: time,
  teams: list(teamShape),
  features: list(text),
  options: z.record(z.string(), z.unknown()).nullish(),
  color: text,
  isPublic: flag,
  digestsMinDelay: integer,
  digestsMaxDelay: integer,
  resolveAge: integer,
  fingerprintingRules: text,
  groupingEnhancements: text,
  allowedDomains: list(text),
  scrapeJavaScript: flag,
  securityToken: text,
  securityTokenHeader: text,
  subjectTemplate: text,
  verifySSL: flag,
  highlightTags: pointer(z.array(z.string())),
});
export type Project = z.infer<typeof projectShape>;

/** The response to creating a project, and lists of projects, may lack the organization. */
export const listedProjectShape = projectShape.extend({ organization: organizationShape.nullish() });

export const keyShape = z.object({
  id: text,
  name: text,
  label: text,
  public: text,
  secret: text,
  projectId: z.int(),
  isActive: flag,
  rateLimit: pointer(z.object({ window: integer, count: integer })),
  dsn: z.record(z.string(), z.string()),
  browserSdkVersion: text,
  dateCreated: time,
  dynamicSdkLoaderOptions: z.object({ hasReplay: flag, hasPerformance: flag, hasDebug: flag }),
});
