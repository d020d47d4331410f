import * as z from 'zod';
import { partial } from 'zod/mini';
import { projectSettingsSchema } from '../../project-settings.ts';
import { orgRole, scope } from './roles.ts';
import { dateTime, id, named, noItems } from './shape.ts';

const teamOfProject = z.object({ id, slug: z.string(), name: z.string() });

/** Fields for features that this server does not store (REST contract 9.2). */
const neverTrue = [
  'hasUserReports',
  'hasFeedbacks',
  'hasNewFeedbacks',
  'hasFlags',
  'hasInsightsAgentMonitoring',
  'hasInsightsAppStart',
  'hasInsightsAssets',
  'hasInsightsCaches',
  'hasInsightsDb',
  'hasInsightsHttp',
  'hasInsightsLlmMonitoring',
  'hasInsightsMCP',
  'hasInsightsQueues',
  'hasInsightsScreenLoad',
  'hasInsightsVitals',
  'hasLogs',
  'hasMinifiedStackTrace',
  'hasMonitors',
  'hasProfiles',
  'hasReplays',
  'hasSessions',
  'hasTraceMetrics',
] as const;

const neverTrueFields = Object.fromEntries(neverTrue.map((name) => [name, z.literal(false)])) as Record<
  (typeof neverTrue)[number],
  z.ZodLiteral<false>
>;

/** The summary (REST contract 9.2). */
export const projectShape = named(
  'Project',
  z.object({
    id,
    slug: z.string(),
    name: z.string(),
    platform: z.string().nullable(),
    dateCreated: dateTime,
    isBookmarked: z.boolean().describe('Whether the caller bookmarked the project.'),
    isMember: z.boolean().describe('Whether the caller is on a team of the project.'),
    hasAccess: z.boolean().describe('Whether the caller has access, through one of its teams, open membership or a global role.'),
    access: z.array(scope).describe('The caller’s scopes on the project.'),
    team: teamOfProject.nullable().describe('The first team by slug.'),
    teams: z.array(teamOfProject).describe('Sorted by slug.'),
    platforms: z.array(z.string()),
    features: noItems,
    firstEvent: z.null(),
    firstTransactionEvent: z.literal(false),
    environments: noItems,
    latestRelease: z.null(),
    ...neverTrueFields,
  }),
);

export const listedProjectShape = named(
  'ListedProject',
  projectShape.extend({
    options: z
      .optional(partial(projectSettingsSchema.shape.options))
      .describe('The options that the parameter `options` names, if the caller has access to the project.'),
  }),
);

export const newProjectShape = named(
  'NewProject',
  projectShape.extend({ team_slug: z.string().describe('Slug of the team that was created with the project.') }),
);

/** The fields that the details add, without the organization (REST contract 9.2). */
export const projectDetailFields = {
  avatar: z.object({ avatarType: z.literal('letter_avatar'), avatarUuid: z.null() }),
  color: z.string().regex(/^#[0-9a-f]{6}$/),
  isPublic: z.boolean(),
  isInternal: z.boolean(),
  status: z.literal('active'),
  plugins: noItems,
  ...projectSettingsSchema.shape,
  resolveAge: z.int().describe('Hours until an issue is resolved automatically. 0 disables this.'),
  digestsMinDelay: z.int().describe('In seconds.'),
  digestsMaxDelay: z.int().describe('In seconds.'),
  storeCrashReports: z.int().nullable().describe('Null for the value of the organization. -1 means unlimited.'),
  relayPiiConfig: z.string().nullable().describe('A JSON document, as a string.'),
  debugFilesRole: orgRole.nullable().describe('Null for the value of the organization.'),
  securityToken: z.string().describe('Empty for callers without `project:write`.'),
  symbolSources: z.string().describe('A JSON document, as a string. Empty for callers without `project:write`.'),
  processingIssues: z.int(),
};

/** The redirect from an earlier slug (REST contract 9.4). */
export const movedProjectShape = named(
  'MovedProject',
  z.object({ slug: z.string(), detail: z.object({ extra: z.object({ url: z.string(), slug: z.string() }) }) }),
);
