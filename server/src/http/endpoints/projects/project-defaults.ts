/**
 * Fields that clients expect of a project and that we do not store: events, releases, processing.
 * Each has the value of a new project, because some clients decode them into types without optional
 * fields (REST contract 9.2).
 */

export const summaryDefaults = {
  features: [],
  firstEvent: null,
  firstTransactionEvent: false,
  environments: [],
  latestRelease: null,
  hasUserReports: false,
  hasFeedbacks: false,
  hasNewFeedbacks: false,
  hasFlags: false,
  hasInsightsAgentMonitoring: false,
  hasInsightsAppStart: false,
  hasInsightsAssets: false,
  hasInsightsCaches: false,
  hasInsightsDb: false,
  hasInsightsHttp: false,
  hasInsightsLlmMonitoring: false,
  hasInsightsMCP: false,
  hasInsightsQueues: false,
  hasInsightsScreenLoad: false,
  hasInsightsVitals: false,
  hasLogs: false,
  hasMinifiedStackTrace: false,
  hasMonitors: false,
  hasProfiles: false,
  hasReplays: false,
  hasSessions: false,
  hasTraceMetrics: false,
} as const;

export const projectDefaults = {
  avatar: { avatarType: 'letter_avatar', avatarUuid: null },
  isPublic: false,
  isInternal: false,
  status: 'active',
  plugins: [],
  processingIssues: 0,
} as const;
