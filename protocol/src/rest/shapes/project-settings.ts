import * as z from 'zod';
import { projectSettingsSchema } from '../../project-settings.ts';
import { orgRole } from './roles.ts';
import { describeFields } from './shape.ts';

/**
 * The settings of a project (REST contract 9.2). Most are stored for the server that receives
 * events.
 */

export const projectOptionDescriptions = {
  'filters:blacklisted_ips': 'Addresses and networks whose events are dropped, one per line.',
  'filters:releases': 'Releases whose events are dropped, one pattern per line.',
  'filters:error_messages': 'Error messages whose events are dropped, one pattern per line.',
  'filters:react-hydration-errors': 'Whether hydration errors of React are dropped.',
  'filters:chunk-load-error': 'Whether errors of loading a script are dropped.',
  'sentry:csp_ignored_sources_defaults': 'Whether reports of content security policies from usual browser extensions are dropped.',
  'sentry:csp_ignored_sources': 'Sources whose reports of content security policies are dropped, one pattern per line.',
  'feedback:branding': 'Whether the feedback form shows the name of the product.',
  'sentry:feedback_user_report_notifications': 'Whether feedback of users is announced by notifications.',
  'sentry:feedback_ai_spam_detection': 'Whether spam in feedback is detected.',
  'sentry:replay_rage_click_issues': 'Whether repeated clicks in replays become issues.',
  'sentry:replay_hydration_error_issues': 'Whether hydration errors in replays become issues.',
  'sentry:toolbar_allowed_origins': 'Origins of pages that may show the toolbar, one per line.',
} as const satisfies Record<keyof typeof projectSettingsSchema.shape.options.shape, string>;

export const projectSettingDescriptions = {
  subjectPrefix: 'Text before the subject of mail about issues. At most 200 characters.',
  subjectTemplate: 'Template of the subject of mail about issues. At most 200 characters.',
  resolveAge: 'Hours until an issue is resolved automatically. 0 disables this.',
  digestsMinDelay: 'Minimum time before a digest is sent, in seconds.',
  digestsMaxDelay: 'Maximum time before a digest is sent, in seconds.',
  allowedDomains: 'Origins such as `https://example.com`, `*.example.com` or `localhost:8080`. `*` allows all origins.',
  dataScrubber: 'Whether sensitive data is removed from events.',
  dataScrubberDefaults: 'Whether the usual rules for sensitive data apply.',
  safeFields: 'Names of fields that are never removed. At most 4,000 characters in total.',
  sensitiveFields: 'Names of further fields that are removed. At most 4,000 characters in total.',
  storeCrashReports: 'Number of crash reports per issue that are stored. -1 means unlimited. Null for the value of the organization.',
  verifySSL: 'Whether certificates are verified when scripts are fetched.',
  scrubIPAddresses: 'Whether IP addresses are removed from events.',
  scrapeJavaScript: 'Whether the scripts of web pages may be fetched.',
  securityTokenHeader: 'Name of the header that contains `securityToken`. Null for the usual name.',
  groupingConfig: 'Name of the configuration that groups events into issues.',
  groupingEnhancements: 'Rules that change the grouping of events, one per line.',
  fingerprintingRules: 'Rules that set the fingerprints of events, one per line.',
  defaultEnvironment: 'The environment that pages select first. Null for all.',
  relayPiiConfig: 'Rules for removing personal data: a JSON document, as a string. Null for none.',
  builtinSymbolSources: 'Names of built-in sources of debug symbols.',
  highlightTags: 'Names of tags that pages highlight.',
  highlightContext: 'Names of context fields that pages highlight, by type, such as `{"user": ["id", "email"]}`.',
  debugFilesRole: 'Lowest role that may download debug files. Null for the value of the organization.',
  options: 'Further settings, by the names that Sentry uses.',
} as const satisfies Record<keyof typeof projectSettingsSchema.shape, string>;

export const projectOptions = z.object(describeFields(projectSettingsSchema.shape.options.shape, projectOptionDescriptions));

export const projectSettings = describeFields(
  { ...projectSettingsSchema.shape, debugFilesRole: orgRole.nullable(), options: projectOptions },
  projectSettingDescriptions,
);
