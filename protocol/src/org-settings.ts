import * as z from 'zod/mini';
import { orgRoleSchema } from './roles.ts';

/** Organization options (REST contract 5.2). */
export const orgSettingsSchema = z.object({
  eventsMemberAdmin: z.boolean(),
  alertsMemberWrite: z.boolean(),
  attachmentsRole: orgRoleSchema,
  debugFilesRole: orgRoleSchema,
  allowJoinRequests: z.boolean(),
  scrapeJavaScript: z.boolean(),
  dataScrubber: z.boolean(),
  dataScrubberDefaults: z.boolean(),
  scrubIPAddresses: z.boolean(),
  sensitiveFields: z.array(z.string()),
  safeFields: z.array(z.string()),
  storeCrashReports: z.int(),
  relayPiiConfig: z.nullable(z.string()),
  trustedRelays: z.array(
    z.object({ name: z.string(), publicKey: z.string(), description: z.string(), created: z.string(), lastModified: z.string() }),
  ),
  hideAiFeatures: z.boolean(),
  issueAlertsThreadFlag: z.boolean(),
  metricAlertsThreadFlag: z.boolean(),
  githubPRBot: z.boolean(),
  githubOpenPRBot: z.boolean(),
  githubNudgeInvite: z.boolean(),
  gitlabPRBot: z.boolean(),
  gitlabOpenPRBot: z.boolean(),
  sessionHours: z.nullable(z.int()),
});
export type OrgSettings = z.infer<typeof orgSettingsSchema>;
export type OrgSetting = keyof OrgSettings;

/** The values in a new organization, and in a stored one that is older than the setting. */
export const defaultOrgSettings: OrgSettings = {
  eventsMemberAdmin: true,
  alertsMemberWrite: true,
  attachmentsRole: 'member',
  debugFilesRole: 'admin',
  allowJoinRequests: true,
  scrapeJavaScript: true,
  dataScrubber: false,
  dataScrubberDefaults: false,
  scrubIPAddresses: false,
  sensitiveFields: [],
  safeFields: [],
  storeCrashReports: 0,
  relayPiiConfig: null,
  trustedRelays: [],
  hideAiFeatures: false,
  issueAlertsThreadFlag: true,
  metricAlertsThreadFlag: true,
  githubPRBot: true,
  githubOpenPRBot: true,
  githubNudgeInvite: true,
  gitlabPRBot: true,
  gitlabOpenPRBot: true,
  sessionHours: null,
};
export const orgSettingNames = /* @__PURE__ */ Object.keys(defaultOrgSettings) as readonly OrgSetting[];
