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
    isBookmarked: z.boolean().describe('By the caller.'),
    isMember: z.boolean().describe('Whether the caller is on a team of the project.'),
    hasAccess: z.boolean().describe('By being on one of its teams, by open membership, or by a global role.'),
    access: z.array(scope).describe('What the caller may do here.'),
    team: teamOfProject.nullable().describe('The first by slug.'),
    teams: z.array(teamOfProject).describe('By slug.'),
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
      .describe('Those that `options` names, where the caller reaches the project.'),
  }),
);

export const newProjectShape = named('NewProject', projectShape.extend({ team_slug: z.string().describe('Of the team made with it.') }));

/** The fields that the details add, without the organization (REST contract 9.2). */
export const projectDetailFields = {
  avatar: z.object({ avatarType: z.literal('letter_avatar'), avatarUuid: z.null() }),
  color: z.string().regex(/^#[0-9a-f]{6}$/),
  isPublic: z.boolean(),
  isInternal: z.boolean(),
  status: z.literal('active'),
  plugins: noItems,
  ...projectSettingsSchema.shape,
  resolveAge: z.int().describe('Hours; 0 resolves nothing by itself.'),
  digestsMinDelay: z.int().describe('Seconds.'),
  digestsMaxDelay: z.int().describe('Seconds.'),
  storeCrashReports: z.int().nullable().describe('Null is what the organization says; -1 is unlimited.'),
  relayPiiConfig: z.string().nullable().describe('JSON as text.'),
  debugFilesRole: orgRole.nullable().describe('Null is what the organization says.'),
  securityToken: z.string().describe('Empty for callers who may not write the project.'),
  symbolSources: z.string().describe('JSON as text. Empty for callers who may not write the project.'),
  processingIssues: z.int(),
};

/** The redirect from an earlier slug (REST contract 9.4). */
export const movedProjectShape = named(
  'MovedProject',
  z.object({ slug: z.string(), detail: z.object({ extra: z.object({ url: z.string(), slug: z.string() }) }) }),
);
