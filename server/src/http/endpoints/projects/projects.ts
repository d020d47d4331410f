import { type ProjectRecord, parseSearchQuery } from '@rollcall/protocol';
import {
  listedProjectShape,
  memberShape,
  newProjectShape,
  projectDetailsShape,
  reachableProjectShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { SettingsChange } from '../../../domain/projects/project-settings.ts';
import { authorizeReader, findProjectFor, readerOf } from '../../../read-path/queries/authorized-reader.ts';
import { listProjects } from '../../../read-path/queries/projects/list-projects.ts';
import { listReachableProjects } from '../../../read-path/queries/projects/list-reachable-projects.ts';
import { recipientOf } from '../../../read-path/queries/recipient.ts';
import { listMembersOfProject } from '../../../read-path/queries/teams/list-team-members.ts';
import { transferLimits } from '../../../runtime/limits/rows/transfers.ts';
import { createProject } from '../../../write-path/commands/projects/create-project.ts';
import { removeProject } from '../../../write-path/commands/projects/remove-project.ts';
import { updateProject } from '../../../write-path/commands/projects/update-project.ts';
import { parseFields } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import type { Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { presentMembers } from '../members/present-member.ts';
import { searchParameter } from '../query-parameters.ts';
import { presentProjectDetails, presentProjectSummaries, presentProjectsWithOptions, presentReachableProjects } from './present-project.ts';
import { newProjectSchema, projectChangesSchema, updateProjectSchema } from './project-fields.ts';
import { projectRoute } from './project-route.ts';

const collapse = z
  .array(z.enum(['organization']))
  .optional()
  .describe('Reduces `organization` to its id and slug.');

/** The projects of an organization, and single projects (REST contract 9.1). */

const orgReadScopes = ['org:read', 'org:write', 'org:admin'] as const;
const writeScopes = ['project:write', 'project:admin'] as const;
const readScopes = ['project:read', ...writeScopes] as const;

export const projectRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/projects/',
    scopes: ['project:read'],
    metadata: {
      tag: 'Projects',
      id: 'listReachableProjects',
      summary: 'List the caller’s projects in all organizations',
      description: 'Returns the projects that the caller has access to, sorted by slug.',
      query: z.object({ query: searchParameter('the name and the slug', ['id', 'slug', 'dsn']) }),
      isPaged: true,
      responses: { 200: z.array(reachableProjectShape) },
    },
    handle(request, services) {
      const { db, publicUrl } = services;
      const { actor } = request.caller;
      const search = parseSearchQuery(request.query.get('query'));
      return paginateByOffset(
        request,
        services,
        (limit, offset) => listReachableProjects(db, actor, search, { limit, offset }),
        (rows) => presentReachableProjects(db, actor, rows, publicUrl),
      );
    },
  },
  {
    method: 'GET',
    path: '/organizations/:org/projects/',
    scopes: orgReadScopes,
    metadata: {
      tag: 'Projects',
      id: 'listProjects',
      summary: 'List an organization’s projects',
      description: 'Sorted by slug, with the caller’s bookmarked projects first.',
      query: z.object({
        query: searchParameter('the name and the slug', ['id', 'slug', 'team', '!team', 'is_member']),
        all_projects: z.enum(['1']).optional().describe('`1` returns all projects in one response, sorted by slug.'),
        options: z.array(z.string()).optional().describe('Names of project options to add to each item.'),
      }),
      isPaged: true,
      responses: { 200: z.array(listedProjectShape) },
    },
    async handle(request, services) {
      const { db } = services;
      const reader = await authorizeReader(db, request.org.id, request.caller.actor, orgReadScopes);
      const search = parseSearchQuery(request.query.get('query'));
      const present = (projects: readonly ProjectRecord[]) =>
        presentProjectsWithOptions(db, reader, projects, request.query.getAll('options'));
      if (request.query.get('all_projects') === '1') {
        return { status: 200, body: await present(await listProjects(db, reader, search, null)) };
      }
      return paginateByOffset(request, services, (limit, offset) => listProjects(db, reader, search, { limit, offset }), present);
    },
  },
  {
    method: 'POST',
    path: '/organizations/:org/projects/',
    scopes: readScopes,
    metadata: {
      tag: 'Projects',
      id: 'createProjectWithTeam',
      isForUsers: true,
      summary: 'Create a project and a team for it',
      description: 'Makes the caller Team Admin of the new team.',
      responses: { 201: newProjectShape },
      errors: ['already-exists'],
      body: newProjectSchema,
    },
    handle({ org, caller: { actor }, body, writeContext }, services) {
      const { fields, malformed } = parseFields(newProjectSchema, body);
      return runRequestCommand(services, createProject, {
        orgId: org.id,
        actor,
        input: {
          team: null,
          name: fields.name ?? '',
          slug: fields.slug ?? null,
          platform: fields.platform || null,
        },
        malformed,
        writeContext,
        respond: (tx, { project, team, state }) => ({
          status: 201,
          body: presentProjectSummaries(tx, readerOf(state, actor), [project]).then(([summary]) => ({ ...summary, team_slug: team.slug })),
        }),
      });
    },
  },
  projectRoute(
    'GET',
    '',
    readScopes,
    {
      tag: 'Projects',
      id: 'readProject',
      summary: 'Retrieve a project',
      description: 'A project’s earlier slug is redirected with 302. Callers without `project:write` see empty secrets.',
      query: z.object({ collapse }),
      responses: { 200: projectDetailsShape },
    },
    async ({ query }, { db, publicUrl }, project, reader) => {
      const collapseOrganization = query.getAll('collapse').includes('organization');
      return { status: 200, body: await presentProjectDetails(db, reader, project, { publicUrl, collapseOrganization }) };
    },
  ),
  {
    ...projectRoute(
      'PUT',
      '',
      readScopes,
      {
        tag: 'Projects',
        id: 'updateProject',
        summary: 'Update a project',
        description:
          'A caller with only `project:read` can set `isBookmarked` and no other field. After a change of `slug`, the earlier slug redirects to the new one.',
        responses: { 200: projectDetailsShape },
        body: updateProjectSchema,
      },
      ({ org, caller: { actor }, params, body, writeContext }, services) => {
        const { fields, malformed } = parseFields(updateProjectSchema, body);
        const { isBookmarked, name, slug, platform, securityToken, symbolSources, ...settings } = fields;
        return runRequestCommand(services, updateProject, {
          orgId: org.id,
          actor,
          input: {
            project: params.project!,
            name,
            slug,
            ...(platform === undefined ? {} : { platform: platform || null }),
            // Absent fields are omitted, which the schema's type cannot express.
            settings: settings as SettingsChange,
            secrets: {
              ...(securityToken === undefined ? {} : { securityToken }),
              ...(symbolSources === undefined ? {} : { symbolSources }),
            },
            ...(isBookmarked === undefined ? {} : { isBookmarked }),
            isAboutProject: Object.keys(projectChangesSchema.shape).some((key) => Object.hasOwn(body as object, key)),
          },
          malformed,
          writeContext,
          async respond(tx, { after }) {
            const reader = await authorizeReader(tx, org.id, actor);
            const options = { publicUrl: services.publicUrl, collapseOrganization: false };
            return { status: 200, body: await presentProjectDetails(tx, reader, after, options) };
          },
        });
      },
    ),
    bodyBytesMax: transferLimits.settingsBytes.value,
    authorizeLargeBody: async ({ org, caller, params }, { db }) =>
      findProjectFor(db, await authorizeReader(db, org.id, caller.actor), params.project!, writeScopes),
  },
  {
    ...projectRoute(
      'DELETE',
      '',
      ['project:admin'],
      {
        tag: 'Projects',
        id: 'removeProject',
        summary: 'Delete a project',
        description: 'The slug is free at once. Teams and members stay.',
        responses: { 204: null },
      },
      ({ org, caller: { actor }, params, writeContext }, services) =>
        runRequestCommand(services, removeProject, {
          orgId: org.id,
          actor,
          input: { project: params.project! },
          writeContext,
          respond: async () => ({ status: 204 }),
        }),
    ),
    needsRecentLogin: true,
  },
  projectRoute(
    'GET',
    'members/',
    readScopes,
    {
      tag: 'Projects',
      id: 'listMembersOfProject',
      summary: 'List the members of a project’s teams',
      description: 'Returns active members, sorted by id.',
      responses: { 200: z.array(memberShape) },
    },
    async ({ org }, { db }, project, reader) => {
      const members = await listMembersOfProject(db, org.id, project.id);
      return { status: 200, body: await presentMembers(db, recipientOf(reader), members) };
    },
  ),
];
