import type { ProjectRecord } from '@rollcall/protocol';
import { projectShape, teamShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { authorizeReader, findTeamFor, readerOf } from '../../../read-path/queries/authorized-reader.ts';
import { listProjectsOfTeam } from '../../../read-path/queries/projects/list-projects.ts';
import { listTeamsOfProject } from '../../../read-path/queries/teams/list-teams.ts';
import { assignProject } from '../../../write-path/commands/projects/assign-project.ts';
import { createProject } from '../../../write-path/commands/projects/create-project.ts';
import { unassignProject } from '../../../write-path/commands/projects/unassign-project.ts';
import { parseFields } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import type { ApiRequest, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { presentTeams } from '../teams/present-team.ts';
import { presentProjectSummaries } from './present-project.ts';
import { newProjectSchema } from './project-fields.ts';
import { projectRoute } from './project-route.ts';

/** The projects that teams have access to (REST contract 9.1, 9.3). */

const readScopes = ['project:read', 'project:write', 'project:admin'] as const;
const writeScopes = ['project:write', 'project:admin'] as const;

export const projectTeamRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/teams/:org/:team/projects/',
    scopes: readScopes,
    metadata: {
      tag: 'Projects',
      id: 'listProjectsOfTeam',
      summary: 'List a team’s projects',
      description: 'Sorted by slug.',
      isPaged: true,
      responses: { 200: z.array(projectShape) },
    },
    async handle(request, services) {
      const { db } = services;
      const reader = await authorizeReader(db, request.org.id, request.caller.actor);
      const team = await findTeamFor(db, reader, request.params.team!, readScopes);
      return paginateByOffset(
        request,
        services,
        (limit, offset) => listProjectsOfTeam(db, request.org.id, team.id, { limit, offset }),
        (projects) => presentProjectSummaries(db, reader, projects),
      );
    },
  },
  {
    method: 'POST',
    path: '/teams/:org/:team/projects/',
    scopes: writeScopes,
    metadata: {
      tag: 'Projects',
      id: 'createProject',
      summary: 'Create a project for a team',
      description: 'The team gets access to the project. The project gets a client key with the name `Default`.',
      responses: { 201: projectShape },
      errors: ['already-exists'],
      body: newProjectSchema,
    },
    handle({ org, caller: { actor }, params, body, writeContext }, services) {
      const { fields, malformed } = parseFields(newProjectSchema, body);
      return runRequestCommand(services, createProject, {
        orgId: org.id,
        actor,
        input: {
          team: params.team!,
          name: fields.name ?? '',
          slug: fields.slug ?? null,
          platform: fields.platform || null,
        },
        malformed,
        writeContext,
        respond: (tx, { project, state }) => ({
          status: 201,
          body: presentProjectSummaries(tx, readerOf(state, actor), [project]).then(([summary]) => summary),
        }),
      });
    },
  },
  projectRoute(
    'GET',
    'teams/',
    readScopes,
    {
      tag: 'Projects',
      id: 'listTeamsOfProject',
      summary: 'List a project’s teams',
      description: 'Sorted by slug.',
      isPaged: true,
      responses: { 200: z.array(teamShape) },
    },
    async (request, services, project, reader) => {
      const { db } = services;
      return paginateByOffset(
        request,
        services,
        (limit, offset) => listTeamsOfProject(db, request.org.id, project.id, { limit, offset }),
        (teams) => presentTeams(db, reader, teams),
      );
    },
  ),
  projectRoute(
    'POST',
    'teams/:team/',
    writeScopes,
    {
      tag: 'Projects',
      id: 'assignProject',
      summary: 'Add a team to a project',
      description: 'Returns the project, also if the team had access already.',
      responses: { 201: projectShape },
    },
    (request, services) => link(request, services, assignProject, 201),
  ),
  projectRoute(
    'DELETE',
    'teams/:team/',
    writeScopes,
    {
      tag: 'Projects',
      id: 'unassignProject',
      summary: 'Remove a team from a project',
      description:
        'Members lose access unless another of their teams has it. Requires `project:write` through that team or for the organization.',
      responses: { 200: projectShape },
    },
    (request, services) => link(request, services, unassignProject, 200),
  ),
];

function link(
  { org, caller: { actor }, params, writeContext }: ApiRequest,
  services: Services,
  command: typeof assignProject | typeof unassignProject,
  status: number,
) {
  return runRequestCommand(services, command, {
    orgId: org.id,
    actor,
    input: { project: params.project!, team: params.team! },
    writeContext,
    async respond(tx, project: ProjectRecord) {
      const [summary] = await presentProjectSummaries(tx, await authorizeReader(tx, org.id, actor), [project]);
      return { status, body: summary };
    },
  });
}
