import * as z from 'zod';
import type { OrgFlag } from '../../org-flags.ts';
import { type OrgSetting, orgSettingsSchema } from '../../org-settings.ts';
import { orgRole } from './roles.ts';
import { describeFields } from './shape.ts';

/** The flags and settings of an organization (REST contract 5.1, 5.2). */

export const orgFlagDescriptions = {
  openMembership: 'Whether members may join any team without a request.',
  enhancedPrivacy: 'Whether callers without `member:write` see no email addresses of others.',
  allowSharedIssues: 'Whether issues may be shared by a link.',
  isEarlyAdopter: 'Whether the organization gets new features early.',
  require2FA: 'Whether members need a second factor for access.',
  allowMemberProjectCreation: 'Whether all members may create projects.',
  allowMemberInvite: 'Whether all members may invite, instead of only managers and owners.',
  codecovAccess: 'Whether the integration of Codecov has access.',
  allowSuperuserAccess: 'Whether superusers of the product have access.',
} as const satisfies Record<OrgFlag, string>;

export const trustedRelayDescriptions = {
  name: 'Name of the relay.',
  publicKey: 'Public key of the relay: 32 bytes in base64url.',
  description: 'A note for administrators.',
} as const;

export const orgSettingDescriptions = {
  eventsMemberAdmin: 'Whether members have the scope `event:admin`.',
  alertsMemberWrite: 'Whether members have the scope `alerts:write`.',
  attachmentsRole: 'Lowest role that may download attachments of events.',
  debugFilesRole: 'Lowest role that may download debug files.',
  allowJoinRequests: 'Whether people without an invite may ask to join.',
  scrapeJavaScript: 'Whether the scripts of web pages may be fetched.',
  dataScrubber: 'Whether all projects must remove sensitive data from events.',
  dataScrubberDefaults: 'Whether all projects must apply the usual rules for sensitive data.',
  scrubIPAddresses: 'Whether all projects must remove IP addresses from events.',
  sensitiveFields: 'Names of further fields that are removed from events. At most 4,000 characters in total.',
  safeFields: 'Names of fields that are never removed. At most 4,000 characters in total.',
  storeCrashReports: 'Number of crash reports per issue that are stored. -1 means unlimited.',
  relayPiiConfig: 'Rules for removing personal data: a JSON document, as a string. Null for none.',
  trustedRelays: 'Relays that may send events of the organization.',
  hideAiFeatures: 'Whether pages hide features that use language models.',
  issueAlertsThreadFlag: 'Whether Slack messages about one issue form a thread.',
  metricAlertsThreadFlag: 'Whether Slack messages about one metric alert form a thread.',
  githubPRBot: 'Whether comments on merged pull requests name the issues that they caused.',
  githubOpenPRBot: 'Whether comments on open pull requests name related issues.',
  githubNudgeInvite: 'Whether pages propose to invite committers of GitHub.',
  gitlabPRBot: 'Whether comments on merged merge requests name the issues that they caused.',
  gitlabOpenPRBot: 'Whether comments on open merge requests name related issues.',
  sessionHours:
    'Hours after which a session that began with a password needs the password again for this organization. Null for the lifetime of the server.',
} as const satisfies Record<OrgSetting, string>;

const relay = orgSettingsSchema.shape.trustedRelays.def.element;

export const orgSettings = describeFields(
  {
    ...orgSettingsSchema.shape,
    attachmentsRole: orgRole,
    debugFilesRole: orgRole,
    storeCrashReports: z.int().min(-1),
    sessionHours: z.nullable(z.int().min(1)),
    trustedRelays: z.array(
      z.object(
        describeFields(relay.shape, {
          ...trustedRelayDescriptions,
          created: 'When the relay was added, in ISO 8601.',
          lastModified: 'When the relay was changed last, in ISO 8601.',
        }),
      ),
    ),
  },
  orgSettingDescriptions,
);
