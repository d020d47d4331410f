import { type OrgFlag, type OrgSetting, orgFlags } from '@rollcall/client';

/** The names of settings on the settings page. The audit log also has the organization's image. */
const names: Readonly<Record<OrgSetting | 'avatar' | 'avatarType', string>> = {
  allowJoinRequests: 'Allow join requests',
  eventsMemberAdmin: 'Let members delete events',
  alertsMemberWrite: 'Let members change alerts',
  attachmentsRole: 'Attachments',
  debugFilesRole: 'Debug files',
  dataScrubber: 'Scrub data in all projects',
  dataScrubberDefaults: 'Use default scrubbing rules',
  scrubIPAddresses: 'Don’t store IP addresses',
  scrapeJavaScript: 'Fetch JavaScript source code',
  storeCrashReports: 'Native crash reports',
  sensitiveFields: 'Sensitive fields',
  safeFields: 'Safe fields',
  relayPiiConfig: 'Advanced data scrubbing rules',
  trustedRelays: 'Trusted relays',
  hideAiFeatures: 'Hide AI features',
  issueAlertsThreadFlag: 'Issue alerts in threads',
  metricAlertsThreadFlag: 'Metric alerts in threads',
  githubPRBot: 'Comment on merged GitHub pull requests',
  githubOpenPRBot: 'Comment on open GitHub pull requests',
  githubNudgeInvite: 'Suggest inviting GitHub contributors',
  gitlabPRBot: 'Comment on merged GitLab merge requests',
  gitlabOpenPRBot: 'Comment on open GitLab merge requests',
  sessionHours: 'Log in again after',
  avatar: 'Image',
  avatarType: 'Image type',
};

/**
 * The name of a flag, a setting or another field of an organization, the same on its page, in the
 * audit log and in notices. A field without a name in the tables is named by its words:
 * `defaultRole` is "Default role".
 */
export function nameOfSetting(name: string): string {
  if (Object.hasOwn(orgFlags, name)) return orgFlags[name as OrgFlag].label;
  if (Object.hasOwn(names, name)) return names[name as keyof typeof names];
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
