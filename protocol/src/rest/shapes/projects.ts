import * as z from 'zod';
import { projectOptions, projectSettings } from './project-settings.ts';
import { scope } from './roles.ts';
import { alwaysFalse, alwaysNull, dateTime, id, letterAvatar, named, noItems } from './shape.ts';

const teamOfProject = z.object({
  id: id.describe('Id of the team.'),
  slug: z.string().describe('Slug of the team.'),
  name: z.string().describe('Name of the team.'),
});

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

const neverTrueFields = Object.fromEntries(neverTrue.map((name) => [name, alwaysFalse])) as Record<
  (typeof neverTrue)[number],
  z.ZodLiteral<false>
>;

/** The summary (REST contract 9.2). */
export const projectShape = named(
  'Project',
  'A project.',
  z.object({
    id: id.describe('Id of the project.'),
    slug: z.string().describe('Slug of the project, unique in its organization.'),
    name: z.string().describe('Name of the project.'),
    platform: z.string().nullable().describe('Platform of the project, such as `javascript-react`. Null if none is set.'),
    dateCreated: dateTime.describe('When the project was created.'),
    isBookmarked: z.boolean().describe('Whether the caller bookmarked the project.'),
    isMember: z.boolean().describe('Whether the caller is on a team of the project.'),
    hasAccess: z.boolean().describe('Whether the caller has access, through one of its teams, open membership or a global role.'),
    access: z.array(scope).describe('The caller’s scopes on the project.'),
    team: teamOfProject.nullable().describe('The first team by slug.'),
    teams: z.array(teamOfProject).describe('Sorted by slug.'),
    platforms: z.array(z.string()).describe('The platform as a list, which is empty without one.'),
    features: noItems,
    firstEvent: alwaysNull,
    firstTransactionEvent: alwaysFalse,
    environments: noItems,
    latestRelease: alwaysNull,
    ...neverTrueFields,
  }),
);

export const listedProjectShape = named(
  'ListedProject',
  'A project in a list.',
  projectShape.extend({
    options: projectOptions
      .partial()
      .optional()
      .describe('The options that the parameter `options` names, if the caller has access to the project.'),
  }),
);

export const newProjectShape = named(
  'NewProject',
  'A new project, with the team that was created for it.',
  projectShape.extend({ team_slug: z.string().describe('Slug of the team that was created with the project.') }),
);

/** The fields that the details add, without the organization (REST contract 9.2). */
export const projectDetailFields = {
  avatar: letterAvatar,
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .describe('Color of the project, which depends on its slug.'),
  isPublic: z.boolean().describe('Always false. Clients of Sentry expect it.'),
  isInternal: z.boolean().describe('Always false. Clients of Sentry expect it.'),
  status: z.literal('active').describe('Always `active`. Clients of Sentry expect it.'),
  plugins: noItems,
  ...projectSettings,
  securityToken: z.string().describe('Empty for callers without `project:write`.'),
  symbolSources: z.string().describe('A JSON document, as a string. Empty for callers without `project:write`.'),
  processingIssues: z.int().describe('Always 0. Clients of Sentry expect it.'),
};

/** The redirect from an earlier slug (REST contract 9.4). */
export const movedProjectShape = named(
  'MovedProject',
  'A redirect from an earlier slug of a project.',
  z.object({
    slug: z.string().describe('The current slug.'),
    detail: z
      .object({
        extra: z
          .object({ url: z.string().describe('The same path with the current slug.'), slug: z.string().describe('The current slug.') })
          .describe('The new slug and path.'),
      })
      .describe('The new address in the form that clients of Sentry read.'),
  }),
);
