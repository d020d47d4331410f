import * as z from 'zod/mini';
import { idSchema } from './ids.ts';
import { orgRoleSchema } from './roles.ts';

/**
 * The other settings of a project, by their names in REST (REST contract 9.2). Keys that contain a
 * colon are Sentry's own.
 */

/** A list is a text with one item per line. The server trims lines and drops empty ones. */
const projectOptionsSchema = z.object({
  'filters:blacklisted_ips': z.string(),
  'filters:releases': z.string(),
  'filters:error_messages': z.string(),
  'filters:react-hydration-errors': z.boolean(),
  'filters:chunk-load-error': z.boolean(),
  'sentry:csp_ignored_sources_defaults': z.boolean(),
  'sentry:csp_ignored_sources': z.string(),
  'feedback:branding': z.boolean(),
  'sentry:feedback_user_report_notifications': z.boolean(),
  'sentry:feedback_ai_spam_detection': z.boolean(),
  'sentry:replay_rage_click_issues': z.boolean(),
  'sentry:replay_hydration_error_issues': z.boolean(),
  'sentry:toolbar_allowed_origins': z.string(),
});

export const projectSettingsSchema = z.object({
  subjectPrefix: z.string(),
  subjectTemplate: z.string(),
  /** Hours. With 0, no issue is resolved automatically. */
  resolveAge: z.int(),
  /** Seconds, like `digestsMaxDelay`. */
  digestsMinDelay: z.int(),
  digestsMaxDelay: z.int(),
  allowedDomains: z.array(z.string()),
  dataScrubber: z.boolean(),
  dataScrubberDefaults: z.boolean(),
  safeFields: z.array(z.string()),
  sensitiveFields: z.array(z.string()),
  /** Null for the value of the organization. -1 is unlimited. */
  storeCrashReports: z.nullable(z.int()),
  verifySSL: z.boolean(),
  scrubIPAddresses: z.boolean(),
  scrapeJavaScript: z.boolean(),
  securityTokenHeader: z.nullable(z.string()),
  groupingConfig: z.string(),
  groupingEnhancements: z.string(),
  fingerprintingRules: z.string(),
  defaultEnvironment: z.nullable(z.string()),
  relayPiiConfig: z.nullable(z.string()),
  builtinSymbolSources: z.array(z.string()),
  highlightTags: z.array(z.string()),
  highlightContext: z.record(z.string(), z.array(z.string())),
  /** Null for the value of the organization. */
  debugFilesRole: z.nullable(orgRoleSchema),
  options: projectOptionsSchema,
});
export type ProjectSettings = z.infer<typeof projectSettingsSchema>;
export type ProjectOptions = ProjectSettings['options'];

/**
 * `id` is the project's. A project whose settings were never changed has no record, so
 * `defaultProjectSettings` apply.
 */
export const projectSettingsRecordSchema = z.object({ id: idSchema, ...projectSettingsSchema.shape });
export type ProjectSettingsRecord = z.infer<typeof projectSettingsRecordSchema>;

export const defaultProjectSettings: ProjectSettings = {
  subjectPrefix: '',
  subjectTemplate: '$shortID - $title',
  resolveAge: 0,
  digestsMinDelay: 300,
  digestsMaxDelay: 1_800,
  allowedDomains: ['*'],
  dataScrubber: true,
  dataScrubberDefaults: true,
  safeFields: [],
  sensitiveFields: [],
  storeCrashReports: null,
  verifySSL: false,
  scrubIPAddresses: false,
  scrapeJavaScript: true,
  securityTokenHeader: null,
  groupingConfig: '',
  groupingEnhancements: '',
  fingerprintingRules: '',
  defaultEnvironment: null,
  relayPiiConfig: null,
  builtinSymbolSources: [],
  highlightTags: [],
  highlightContext: {},
  debugFilesRole: null,
  options: {
    'filters:blacklisted_ips': '',
    'filters:releases': '',
    'filters:error_messages': '',
    'filters:react-hydration-errors': true,
    'filters:chunk-load-error': true,
    'sentry:csp_ignored_sources_defaults': true,
    'sentry:csp_ignored_sources': '',
    'feedback:branding': true,
    'sentry:feedback_user_report_notifications': true,
    'sentry:feedback_ai_spam_detection': true,
    'sentry:replay_rage_click_issues': true,
    'sentry:replay_hydration_error_issues': true,
    'sentry:toolbar_allowed_origins': '',
  },
};
