import { projectKeyShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { findProjectKey, listProjectKeys } from '../../../read-path/queries/projects/list-project-keys.ts';
import { createProjectKey } from '../../../write-path/commands/projects/create-project-key.ts';
import { removeProjectKey } from '../../../write-path/commands/projects/remove-project-key.ts';
import { updateProjectKey } from '../../../write-path/commands/projects/update-project-key.ts';
import { parseFields } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import type { Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { presentProjectKey, presentProjectKeys } from './present-project-key.ts';
import { newProjectKeySchema, projectKeyChangesSchema } from './project-key-fields.ts';
import { projectRoute } from './project-route.ts';

/** A project's client keys (REST contract 9.1, 9.5). */

const readScopes = ['project:read', 'project:write', 'project:admin'] as const;
const writeScopes = ['project:write', 'project:admin'] as const;

export const projectKeyRoutes: readonly Route[] = [
  projectRoute(
    'GET',
    'keys/',
    readScopes,
    {
      tag: 'Project keys',
      id: 'listProjectKeys',
      summary: 'List a project’s client keys',
      description: 'Newest keys first.',
      query: z.object({ status: z.enum(['active', 'inactive']).optional().describe('Returns only active or only inactive keys.') }),
      isPaged: true,
      responses: { 200: z.array(projectKeyShape) },
    },
    async (request, services, project) => {
      const { db, publicUrl } = services;
      const status = request.query.get('status');
      // No key has any other status.
      if (status && status !== 'active' && status !== 'inactive') return { status: 200, body: [] };
      return paginateByOffset(
        request,
        services,
        (limit, offset) =>
          listProjectKeys(db, request.org.id, project.id, status ? { isActive: status === 'active' } : {}, { limit, offset }),
        (keys) => presentProjectKeys(db, request.org.id, keys, publicUrl),
      );
    },
  ),
  projectRoute(
    'POST',
    'keys/',
    writeScopes,
    {
      tag: 'Project keys',
      id: 'createProjectKey',
      summary: 'Create a client key',
      description: 'A key without a name gets `Key` and the first six digits of its id.',
      responses: { 201: projectKeyShape },
      body: newProjectKeySchema,
    },
    ({ org, caller: { actor }, params, body, writeContext }, services) => {
      const { fields, malformed } = parseFields(newProjectKeySchema, body);
      const { name, rateLimit, browserSdkVersion, dynamicSdkLoaderOptions } = fields;
      return runRequestCommand(services, createProjectKey, {
        orgId: org.id,
        actor,
        input: {
          project: params.project!,
          name: name || null,
          rateLimit: rateLimit ?? null,
          browserSdkVersion,
          loaderOptions: dynamicSdkLoaderOptions ?? {},
        },
        malformed,
        writeContext,
        respond: (tx, key) => ({ status: 201, body: presentProjectKey(tx, org.id, key, services.publicUrl) }),
      });
    },
  ),
  projectRoute(
    'GET',
    'keys/:key/',
    readScopes,
    {
      tag: 'Project keys',
      id: 'readProjectKey',
      summary: 'Retrieve a client key',
      description: 'The `secret` part exists for old clients. New ones use only the public part.',
      responses: { 200: projectKeyShape },
    },
    async ({ org, params }, { db, publicUrl }, project) => {
      const key = await findProjectKey(db, org.id, project.id, params.key!);
      return { status: 200, body: await presentProjectKey(db, org.id, key, publicUrl) };
    },
  ),
  projectRoute(
    'PUT',
    'keys/:key/',
    writeScopes,
    {
      tag: 'Project keys',
      id: 'updateProjectKey',
      summary: 'Update a client key',
      description: 'Absent fields keep their values. An inactive key stays in the project, but services that receive events refuse it.',
      responses: { 200: projectKeyShape },
      body: projectKeyChangesSchema,
    },
    ({ org, caller: { actor }, params, body, writeContext }, services) => {
      const { fields, malformed } = parseFields(projectKeyChangesSchema, body);
      const { name, dynamicSdkLoaderOptions, ...rest } = fields;
      return runRequestCommand(services, updateProjectKey, {
        orgId: org.id,
        actor,
        input: {
          project: params.project!,
          key: params.key!,
          ...rest,
          name: name || undefined,
          loaderOptions: dynamicSdkLoaderOptions ?? {},
        },
        malformed,
        writeContext,
        respond: (tx, key) => ({ status: 200, body: presentProjectKey(tx, org.id, key, services.publicUrl) }),
      });
    },
  ),
  projectRoute(
    'DELETE',
    'keys/:key/',
    ['project:admin'],
    {
      tag: 'Project keys',
      id: 'removeProjectKey',
      summary: 'Delete a client key',
      description: 'Programs with this key can no longer send events. The last key can be removed, too.',
      responses: { 204: null },
    },
    ({ org, caller: { actor }, params, writeContext }, services) =>
      runRequestCommand(services, removeProjectKey, {
        orgId: org.id,
        actor,
        input: { project: params.project!, key: params.key! },
        writeContext,
        respond: async () => ({ status: 204 }),
      }),
  ),
];
