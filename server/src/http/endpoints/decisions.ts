import { isId, OrgError, type Scope, scopes } from '@rollcall/protocol';
import { decisionShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { type DecisionQuery, readDecision } from '../../read-path/queries/read-decision.ts';
import { isStorable } from '../../runtime/storable-text.ts';
import type { Route } from '../route.ts';

/**
 * `can`, for a client whose replica is stale (rule F2). Sentry's API has no such endpoint.
 * The query has one of `userId=`, `memberId=` and `email=`, one or more `scope=`, and at most one
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
      summary: 'Ask whether somebody may do something',
      description: 'Judged by the state of now, as far as the caller may see it. Sentry’s API has no such thing.',
      query: z.object({
        userId: z.string().optional().describe('Who is asked about: exactly one of `userId`, `memberId` and `email`.'),
        memberId: z.string().optional(),
        email: z.string().optional(),
        scope: z.array(z.string()).describe('One of these suffices.'),
        teamId: z.string().optional().describe('On what: at most one of `teamId`, `team`, `projectId` and `project`.'),
        team: z.string().optional().describe('A slug.'),
        projectId: z.string().optional(),
        project: z.string().optional().describe('A slug.'),
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
  who: z.union([z.strictObject({ userId: idSchema }), z.strictObject({ memberId: idSchema }), z.strictObject({ email: nameSchema })]),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  on: z.union([
    z.strictObject({ teamId: idSchema }).transform(({ teamId }) => ({ team: { ids: [teamId] } })),
    z.strictObject({ team: nameSchema }).transform(({ team }) => ({ team: { slugs: [team] } })),
    z.strictObject({ projectId: idSchema }).transform(({ projectId }) => ({ project: { ids: [projectId] } })),
    z.strictObject({ project: nameSchema }).transform(({ project }) => ({ project: { slugs: [project] } })),
    z.strictObject({}).transform(() => null),
  ]),
});

const whoNames = ['userId', 'memberId', 'email'];
const onNames = ['teamId', 'team', 'projectId', 'project'];

/** @throws OrgError `invalid` */
function parseDecisionQuery(query: URLSearchParams): DecisionQuery {
  const pick = (names: readonly string[]) => Object.fromEntries(names.flatMap((name) => query.getAll(name).map((value) => [name, value])));
  const parsed = questionSchema.safeParse({ who: pick(whoNames), scopes: query.getAll('scope') as Scope[], on: pick(onNames) });
  if (parsed.success) return parsed.data;
  const parts = { who: `one of ${whoNames.join(', ')}`, scopes: 'a known scope, once or more', on: `at most one of ${onNames.join(', ')}` };
  const part = String(parsed.error.issues[0]!.path[0]) as keyof typeof parts;
  throw new OrgError('invalid', `Ask with ${parts[part]}.`);
}
