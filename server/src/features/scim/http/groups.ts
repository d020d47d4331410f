import { scimGroupListShape, scimGroupShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { forbidden } from '../../../domain/authorize.ts';
import { field, parseFields } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { scimCreateGroup } from '../commands/scim-create-group.ts';
import { scimRemoveGroup } from '../commands/scim-remove-group.ts';
import { scimUpdateGroup } from '../commands/scim-update-group.ts';
import { scimLimits } from '../limits.ts';
import { listScimGroups, readScimGroup } from '../queries/list-scim-groups.ts';
import { readStateForScim } from '../queries/scim-reader.ts';
import { presentScimGroup } from './present-scim.ts';
import { groupPatchDescription } from './scim-bodies.ts';
import { parseGroupFilter } from './scim-filter.ts';
import { listQuery, presentList, readWindow } from './scim-list.ts';
import { externalIdDescription, groupNameField, parseGroupPatch, readExternalId, readMemberIds } from './scim-patch.ts';
import { scimProblem } from './scim-problem.ts';
import { noContent, scimRoute, teamReadScopes, teamWriteScopes } from './scim-route.ts';

const newGroupSchema = z.object({
  displayName: groupNameField.describe('Name of the team.'),
  externalId: field(externalIdDescription, readExternalId).optional(),
  members: field(
    { type: 'array', items: { type: 'object', properties: { value: { type: 'string', description: 'Id of the member.' } } } },
    readMemberIds,
  )
    .optional()
    .describe('Members of the team.'),
});

const excluded = z.string().optional().describe('Attributes to omit. Only `members` is supported.');
const one = '/Groups/:scimGroup';

/** Teams as groups of an identity provider (REST contract 12.2). */
export const scimGroupRoutes: readonly Route[] = [
  scimRoute({
    method: 'GET',
    path: '/Groups',
    scopes: teamReadScopes,
    metadata: {
      id: 'listScimGroups',
      summary: 'List groups',
      description:
        'Sorted by slug. Filters: `displayName`, `externalId`, `id` or `value`, and `members` or `members.value`. A page with members ends before the group that would make them more than 20,000. So it may have fewer groups than `count`: the next page starts at `startIndex` + `itemsPerPage`.',
      query: listQuery.extend({ excludedAttributes: excluded }),
      responses: { 200: scimGroupListShape },
    },
    handle: list,
  }),
  scimRoute({
    method: 'POST',
    path: '/Groups',
    scopes: teamWriteScopes,
    metadata: {
      id: 'createScimGroup',
      summary: 'Create a group',
      description:
        'Creates a team that only the identity provider may change. Its slug is derived from `displayName`, with a random suffix if it is not valid or belongs to a group of another name.',
      responses: { 201: scimGroupShape },
      errors: ['already-exists'],
      body: newGroupSchema,
    },
    handle: create,
  }),
  scimRoute({
    method: 'GET',
    path: one,
    scopes: teamReadScopes,
    metadata: {
      id: 'readScimGroup',
      summary: 'Retrieve a group',
      description: 'Contains the first 10,000 members.',
      query: z.object({ excludedAttributes: excluded }),
      responses: { 200: scimGroupShape },
    },
    handle: read,
  }),
  scimRoute({
    method: 'PATCH',
    path: one,
    scopes: teamWriteScopes,
    bodyBytesMax: scimLimits.groupPatchBytes.value,
    bodyPartsMax: scimLimits.groupPatchParts.value,
    metadata: {
      id: 'updateScimGroup',
      summary: 'Change a group',
      description:
        'Adds, removes or replaces `members`, and replaces `displayName` and `externalId`. A request has at most 10,000 operations, and names at most 1,000 members or one per operation. All operations take effect, or none.',
      responses: { 204: null },
      errors: ['already-exists'],
      bodyDescription: groupPatchDescription,
    },
    handle: patch,
  }),
  scimRoute({
    method: 'PUT',
    path: one,
    scopes: [],
    metadata: {
      id: 'replaceScimGroup',
      summary: 'Replace a group',
      description: 'Not supported: the response is 403 for every caller, as in Sentry.',
      isCommand: false,
      responses: {},
    },
    handle: refuseReplacement,
  }),
  scimRoute({
    method: 'DELETE',
    path: one,
    scopes: ['team:admin'],
    metadata: {
      id: 'removeScimGroup',
      summary: 'Remove a group',
      description: 'Removes the team. Its members stay in the organization, and its projects stay.',
      responses: { 204: null },
    },
    handle: remove,
  }),
];

function wantsMembers({ query }: ApiRequest): boolean {
  const names = (query.get('excludedAttributes') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return !names.includes('members');
}

async function list(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, query } = request;
  await readStateForScim(services.db, org.id, caller.actor, teamReadScopes);
  const terms = parseGroupFilter(query.get('filter'));
  const window = readWindow(request);
  const page = await listScimGroups(services.db, org.id, { terms, withMembers: wantsMembers(request) }, window);
  const groups = page.items.map((group) => presentScimGroup(group, request, services));
  return { status: 200, body: presentList(page, window, groups) };
}

async function read(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params } = request;
  await readStateForScim(services.db, org.id, caller.actor, teamReadScopes);
  const group = await readScimGroup(services.db, org.id, params.scimGroup ?? '', wantsMembers(request));
  if (!group) throw scimProblem('Group not found.', undefined, 'not-found');
  return { status: 200, body: presentScimGroup(group, request, services) };
}

async function create(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, body, writeContext } = request;
  await request.inSlot(() => readStateForScim(services.db, org.id, caller.actor, teamWriteScopes));
  const { fields, malformed } = parseFields(newGroupSchema, body);
  const { displayName: name = null, externalId = null, members: memberIds = [] } = fields;
  return runRequestCommand(services, scimCreateGroup, {
    orgId: org.id,
    actor: caller.actor,
    input: { name, externalId, memberIds },
    malformed,
    writeContext,
    respond: async (tx, { team }) => {
      const group = await readScimGroup(tx, org.id, team.id, true);
      return { status: 201, body: presentScimGroup(group!, request, services) };
    },
  });
}

async function patch({ org, caller, params, body, writeContext, inSlot }: ApiRequest, services: Services): Promise<Reply> {
  await inSlot(() => readStateForScim(services.db, org.id, caller.actor, teamWriteScopes));
  return runRequestCommand(services, scimUpdateGroup, {
    orgId: org.id,
    actor: caller.actor,
    input: { group: params.scimGroup ?? '', steps: await parseGroupPatch(body) },
    writeContext,
    respond: async () => noContent,
  });
}

async function refuseReplacement(): Promise<Reply> {
  throw forbidden();
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, scimRemoveGroup, {
    orgId: org.id,
    actor: caller.actor,
    input: { group: params.scimGroup ?? '' },
    writeContext,
    respond: async () => noContent,
  });
}
