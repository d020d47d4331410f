import { type ProjectRecord, parseSearchQuery } from '@rollcall/protocol';
import type { SettingsChange } from '../../../domain/projects/project-settings.ts';
import { onlookerOf } from '../../../read-path/queries/onlooker.ts';
import { listProjects } from '../../../read-path/queries/projects/list-projects.ts';
import { listReachableProjects } from '../../../read-path/queries/projects/list-reachable-projects.ts';
import { listMembersOfProject } from '../../../read-path/queries/teams/list-team-members.ts';
import { findProjectFor, readViewer } from '../../../read-path/queries/viewer.ts';
import { createProject } from '../../../write-path/commands/projects/create-project.ts';
import { removeProject } from '../../../write-path/commands/projects/remove-project.ts';
import { updateProject } from '../../../write-path/commands/projects/update-project.ts';
import { parseFields } from '../../fields.ts';
import { settingsBytesMax } from '../../http-limits.ts';
import { paginateByOffset } from '../../pagination.ts';
import { type Route, write } from '../../route.ts';
import { presentMembers } from '../members/present-member.ts';
import { aboutProjects } from './about-projects.ts';
import { onProject } from './on-project.ts';
import { presentProjectDetails, presentProjectSummaries, presentProjectsWithOptions, presentReachableProjects } from './present-project.ts';
import { newProjectSchema, projectChangesSchema, updateProjectSchema } from './project-fields.ts';

/** Projects of an organization, and one by itself (REST contract 9.1). */

const orgReadScopes = ['org:read', 'org:write', 'org:admin'] as const;
const writeScopes = ['project:write', 'project:admin'] as const;
const readScopes = ['project:read', ...writeScopes] as const;

export const projectRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/projects/',
    scopes: ['project:read'],
    about: aboutProjects.listReachable,
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
    about: aboutProjects.list,
    async handle(request, services) {
      const { db } = services;
      const viewer = await readViewer(db, request.org.id, request.caller.actor, orgReadScopes);
      const search = parseSearchQuery(request.query.get('query'));
      const present = (projects: readonly ProjectRecord[]) =>
        presentProjectsWithOptions(db, viewer, projects, request.query.getAll('options'));
      if (request.query.get('all_projects') === '1') {
        return { status: 200, body: await present(await listProjects(db, viewer, search, null)) };
      }
      return paginateByOffset(request, services, (limit, offset) => listProjects(db, viewer, search, { limit, offset }), present);
    },
  },
  {
    method: 'POST',
    path: '/organizations/:org/projects/',
    scopes: readScopes,
    about: { ...aboutProjects.create, body: newProjectSchema },
    handle({ org, caller: { actor }, body, writeContext }, services) {
      const { fields, malformed } = parseFields(newProjectSchema, body);
      return write(services, createProject, {
        orgId: org.id,
        actor,
        input: {
          team: null,
          name: fields.name ?? '',
          slug: fields.slug ?? null,
          platform: fields.platform || null,
          malformed,
        },
        writeContext,
        async respond(tx, { project, team }) {
          const [summary] = await presentProjectSummaries(tx, await readViewer(tx, org.id, actor), [project]);
          return { status: 201, body: { ...summary, team_slug: team.slug } };
        },
      });
    },
  },
  onProject('GET', '', readScopes, aboutProjects.read, async ({ query }, { db, publicUrl }, project, viewer) => {
    const collapseOrganization = query.getAll('collapse').includes('organization');
    return { status: 200, body: await presentProjectDetails(db, viewer, project, { publicUrl, collapseOrganization }) };
  }),
  {
    ...onProject(
      'PUT',
      '',
      readScopes,
      { ...aboutProjects.update, body: updateProjectSchema },
      ({ org, caller: { actor }, params, body, writeContext }, services) => {
        const { fields, malformed } = parseFields(updateProjectSchema, body);
        const { isBookmarked, name, slug, platform, securityToken, symbolSources, ...settings } = fields;
        return write(services, updateProject, {
          orgId: org.id,
          actor,
          input: {
            project: params.project!,
            name,
            slug,
            ...(platform === undefined ? {} : { platform: platform || null }),
            // Absent fields are left out, which the schema's type cannot say.
            settings: settings as SettingsChange,
            secrets: {
              ...(securityToken === undefined ? {} : { securityToken }),
              ...(symbolSources === undefined ? {} : { symbolSources }),
            },
            ...(isBookmarked === undefined ? {} : { isBookmarked }),
            isAboutProject: Object.keys(projectChangesSchema.shape).some((key) => Object.hasOwn(body as object, key)),
            malformed,
          },
          writeContext,
          async respond(tx, { after }) {
            const viewer = await readViewer(tx, org.id, actor);
            const options = { publicUrl: services.publicUrl, collapseOrganization: false };
            return { status: 200, body: await presentProjectDetails(tx, viewer, after, options) };
          },
        });
      },
    ),
    bodyBytesMax: settingsBytesMax,
    authorizeLargeBody: async ({ org, caller, params }, { db }) =>
      findProjectFor(db, await readViewer(db, org.id, caller.actor), params.project!, writeScopes),
  },
  {
    ...onProject('DELETE', '', ['project:admin'], aboutProjects.remove, ({ org, caller: { actor }, params, writeContext }, services) =>
      write(services, removeProject, {
        orgId: org.id,
        actor,
        input: { project: params.project! },
        writeContext,
        respond: async () => ({ status: 204 }),
      }),
    ),
    needsRecentLogin: true,
  },
  onProject('GET', 'members/', readScopes, aboutProjects.members, async ({ org }, { db }, project, viewer) => {
    const members = await listMembersOfProject(db, org.id, project.id);
    return { status: 200, body: await presentMembers(db, onlookerOf(viewer), members) };
  }),
];
