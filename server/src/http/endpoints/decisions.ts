import { isId, isProductScope, OrgError, productScopesMax, scopes } from '@rollcall/protocol';
import { decisionShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { type DecisionQuery, readDecision } from '../../read-path/queries/read-decision.ts';
import { isStorable } from '../../runtime/text/storable-text.ts';
import type { Route } from '../route.ts';

/**
 * `can`, for a client whose replica is stale (rule F2). Sentry's API has no such endpoint.
 * The query has one of `userId=`, `memberId=`, `email=` and
 * `externalId=`, one or more `scope=`, and at most one
 * of `teamId=`, `team=`, `projectId=` and `project=`.
 */
export const decisionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/can/',
    scopes: [],
    metadata: {
      tag: 'Organizations',
      id: 'readDecision',
      summary: 'Check a permission',
      description:
        'Evaluates whether a user or member has a scope in the organization, or on one of its teams or projects. The decision is based on the current state, as far as the caller may see it. Sentry’s API has no such endpoint.',
      query: z.object({
        userId: z
          .string()
          .optional()
          .describe('Id of the user to check. Exactly one of `userId`, `memberId`, `email` and `externalId` is required.'),
        memberId: z.string().optional().describe('Id of the member to check.'),
        email: z.string().optional().describe('Email address of the member or invite to check.'),
        externalId: z.string().optional().describe('External id of the user to check. Only service tokens find users by it.'),
        scope: z.array(z.string()).describe('Scopes to check, built-in ones or those of PERMISSIONS_FILE. Any one of them is sufficient.'),
        teamId: z
          .string()
          .optional()
          .describe('Id of the team to check on. At most one of `teamId`, `team`, `projectId` and `project` is allowed.'),
        team: z.string().optional().describe('Slug of the team to check on.'),
        projectId: z.string().optional().describe('Id of the project to check on.'),
        project: z.string().optional().describe('Slug of the project to check on.'),
      }),
      responses: { 200: decisionShape },
    },
    async handle({ org, caller, query }, { db }) {
      return { status: 200, body: await readDecision(db, org.id, caller.actor, parseDecisionQuery(query)) };
    },
  },
];

const idSchema = z.string().refine(isId);
/** No email address or slug is longer. */
const nameSchema = z.string().min(1).max(256).refine(isStorable);

const questionSchema = z.object({
  who: z.union([
    z.strictObject({ userId: idSchema }),
    z.strictObject({ memberId: idSchema }),
    z.strictObject({ email: nameSchema }),
    z.strictObject({ externalId: nameSchema }),
  ]),
  // A product scope that isn't defined is valid, and held by no role, as on a replica.
  scopes: z
    .array(z.union([z.enum(scopes), z.string().refine(isProductScope)]))
    .min(1)
    .max(scopes.length + productScopesMax),
  on: z.union([
    z.strictObject({ teamId: idSchema }).transform(({ teamId }) => ({ team: { ids: [teamId] } })),
    z.strictObject({ team: nameSchema }).transform(({ team }) => ({ team: { slugs: [team] } })),
    z.strictObject({ projectId: idSchema }).transform(({ projectId }) => ({ project: { ids: [projectId] } })),
    z.strictObject({ project: nameSchema }).transform(({ project }) => ({ project: { slugs: [project] } })),
    z.strictObject({}).transform(() => null),
  ]),
});

const whoNames = ['userId', 'memberId', 'email', 'externalId'];
const onNames = ['teamId', 'team', 'projectId', 'project'];

/** @throws OrgError `invalid` */
function parseDecisionQuery(query: URLSearchParams): DecisionQuery {
  const pick = (names: readonly string[]) => Object.fromEntries(names.flatMap((name) => query.getAll(name).map((value) => [name, value])));
  const parsed = questionSchema.safeParse({ who: pick(whoNames), scopes: query.getAll('scope'), on: pick(onNames) });
  if (parsed.success) return parsed.data;
  const needs = {
    who: `exactly one of ${whoNames.join(', ')}`,
    scopes: 'one or more values of scope that are all known',
    on: `at most one of ${onNames.join(', ')}`,
  };
  const part = String(parsed.error.issues[0]!.path[0]) as keyof typeof needs;
  throw new OrgError('invalid', `The query must have ${needs[part]}.`);
}
