import { apiLimits, OrgError, parseSearchQuery, type Scope } from '@rollcall/protocol';
import {
  listedOrganizationShape,
  organizationDetailsShape,
  organizationShape,
  ownedOrganizationShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../../database/database.ts';
import type { UserActor } from '../../../domain/actor.ts';
import { type AuthorizedReader, authorizeReader, readerOf } from '../../../read-path/queries/authorized-reader.ts';
import {
  listOrganizationsByDate,
  listOrganizationsBySize,
  type OrganizationRow,
} from '../../../read-path/queries/organizations/list-organizations.ts';
import { listOwnedOrganizations } from '../../../read-path/queries/organizations/list-owned-organizations.ts';
import { readOrganizationDetails } from '../../../read-path/queries/organizations/organization-details.ts';
import { listProjects } from '../../../read-path/queries/projects/list-projects.ts';
import { listTeams } from '../../../read-path/queries/teams/list-teams.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { transferLimits } from '../../../runtime/limits/rows/transfers.ts';
import { allocateOrganizationId } from '../../../write-path/commands/organizations/allocate-organization-id.ts';
import { createOrganization } from '../../../write-path/commands/organizations/create-organization.ts';
import { removeOrganization } from '../../../write-path/commands/organizations/remove-organization.ts';
import { type UpdateOrganization, updateOrganization } from '../../../write-path/commands/organizations/update-organization.ts';
import { parseFields } from '../../requests/fields.ts';
import { base64LengthMax } from '../../requests/images.ts';
import { paginateByDate, paginateByOffset } from '../../responses/pagination.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { isRepeated, runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { presentProjectSummaries } from '../projects/present-project.ts';
import { detailedParameter, searchParameter } from '../query-parameters.ts';
import { presentTeams } from '../teams/present-team.ts';
import { createOrganizationSchema, createWithTermsSchema, decodeImageOf, updateOrganizationSchema } from './organization-fields.ts';
import { presentOrganization, presentOrganizationDetails } from './present-organization.ts';

const detailsQuery = z.object({
  detailed: detailedParameter.describe('`0` omits `teams` and `projects`.'),
  include_feature_flags: z.string().optional().describe('Any value except `0` adds `features` and `extraOptions`.'),
});

const anyOrgScope: readonly Scope[] = ['org:read', 'org:write', 'org:admin'];

/** The routes of organizations themselves (REST contract 5.4). */
export const organizationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/',
    scopes: anyOrgScope,
    takesBoundTokens: true,
    metadata: {
      tag: 'Organizations',
      id: 'listOrganizations',
      summary: 'List the caller’s organizations',
      description:
        'Newest organizations first. An organization token, or a user token that is bound to one organization, gets only that organization.',
      query: z.object({
        owner: z
          .enum(['1'])
          .optional()
          .describe(
            '`1` returns only organizations that the caller owns, sorted by name, each with `singleOwner`. The response is the complete list.',
          ),
        query: searchParameter('the name and the slug, and complete email addresses of members', [
          'slug',
          'email',
          'id',
          'status',
          'member_id',
          'platform',
        ]),
        sortBy: z.enum(['members', 'projects']).optional().describe('Sorts by the number of members or projects, largest first.'),
      }),
      isPaged: true,
      responses: { 200: z.union([z.array(listedOrganizationShape), z.array(ownedOrganizationShape)]) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: '/organizations/',
    needsFullLogin: true,
    scopes: ['org:write', 'org:admin'],
    metadata: {
      tag: 'Organizations',
      id: 'createOrganization',
      isForUsers: true,
      summary: 'Create an organization',
      description:
        'Makes the caller the owner. In single-organization mode, the response is 401. If the server has terms, `agreeTerms: true` is required.',
      isCommand: true,
      responses: { 201: organizationShape },
      errors: ['already-exists'],
      body: createOrganizationSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/organizations/:org/',
    scopes: anyOrgScope,
    metadata: {
      tag: 'Organizations',
      id: 'readOrganization',
      summary: 'Retrieve an organization',
      description:
        '`access` contains what the caller may do. Callers without access get 403 or 404. An organization that is marked for deletion is included, with its `status`.',
      query: detailsQuery,
      responses: { 200: organizationDetailsShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: '/organizations/:org/',
    scopes: ['org:write', 'org:admin'],
    // The body may contain an image besides the settings.
    bodyBytesMax: transferLimits.settingsBytes.value + base64LengthMax,
    bodyRestBytesMax: transferLimits.settingsBytes.value,
    authorizeLargeBody: ({ org, caller }, { db }) => authorizeReader(db, org.id, caller.actor, ['org:write', 'org:admin']),
    metadata: {
      tag: 'Organizations',
      id: 'updateOrganization',
      summary: 'Update an organization',
      description:
        'Changes flags and settings. `defaultRole` and `cancelDeletion` take effect only for owners, and are ignored for other callers.',
      query: detailsQuery,
      responses: { 200: organizationDetailsShape },
      errors: ['already-exists'],
      body: updateOrganizationSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/',
    scopes: ['org:admin'],
    needsRecentLogin: true,
    metadata: {
      tag: 'Organizations',
      id: 'removeOrganization',
      isForUsers: true,
      summary: 'Delete an organization',
      description:
        'Marks the organization as pending deletion. After 24 hours it is deleted permanently, unless an owner restores it with `cancelDeletion`.',
      query: detailsQuery,
      responses: { 202: organizationDetailsShape },
      errors: ['legal-hold'],
    },
    handle: remove,
  },
];

async function list(request: ApiRequest, services: Services): Promise<Reply> {
  const { query, caller } = request;
  const { actor } = caller;
  if (['1', 'true'].includes(query.get('owner') ?? '') && actor.kind === 'user') return listOwned(actor, services);
  const search = parseSearchQuery(query.get('query'));
  // A token cannot set up what a detached member lacks, such as a second factor. Its list therefore
  // omits organizations that it cannot open.
  const lister = { actor, withDetached: caller.session !== null };
  const present = (rows: readonly OrganizationRow[]) => rows.map((row) => presentListed(row, services.publicUrl));
  const sortBy = query.get('sortBy');
  if (sortBy === 'members' || sortBy === 'projects') {
    const fetch = (limit: number, offset: number) => listOrganizationsBySize(services.db, lister, search, sortBy, limit, offset);
    return paginateByOffset(request, services, fetch, present);
  }
  return paginateByDate(
    request,
    services,
    (window) => listOrganizationsByDate(services.db, lister, search, window),
    ({ organization }) => Date.parse(organization.dateCreated),
    present,
  );
}

function presentListed({ organization, callerRole, blocked }: OrganizationRow, publicUrl: string): object {
  return {
    ...presentOrganization(organization, publicUrl),
    ...(callerRole === null ? {} : { orgRole: callerRole }),
    ...(blocked === null ? {} : { blocked }),
  };
}

async function listOwned(actor: UserActor, { db, publicUrl }: Services): Promise<Reply> {
  const owned = await listOwnedOrganizations(db, actor);
  const body = owned.map(({ organization, hasSingleOwner }) => ({
    organization: presentOrganization(organization, publicUrl),
    singleOwner: hasSingleOwner,
  }));
  return { status: 200, body };
}

async function create(request: ApiRequest, services: Services): Promise<Reply> {
  const { actor } = request.caller;
  if (actor.kind !== 'user') throw new OrgError('unauthenticated', 'This endpoint requires user info');
  if (services.singleOrganization) throw new OrgError('unauthenticated', 'Organizations are not allowed to be created by this user.');
  if (!(await isRepeated(services, request))) await services.attempts.count(attemptLimits.organizationsPerUser, actor.userId);
  const { fields, malformed } = parseFields(services.terms ? createWithTermsSchema : createOrganizationSchema, request.body);
  return runRequestCommand(services, createOrganization, {
    orgId: await request.inSlot(() => allocateOrganizationId(services.writePath)),
    actor,
    input: {
      name: fields.name ?? '',
      slug: fields.slug ?? null,
      defaultTeam: fields.defaultTeam ?? false,
      ownerId: actor.userId,
    },
    malformed,
    writeContext: request.writeContext,
    respond: async (_tx, organization) => ({ status: 201, body: presentOrganization(organization, services.publicUrl) }),
  });
}

async function read(request: ApiRequest, services: Services): Promise<Reply> {
  const isDetailed = request.query.get('detailed') !== '0';
  const reader = await readerOfOrganization(services.db, request);
  return { status: 200, body: await presentDetails(services.db, reader, request, services, isDetailed) };
}

async function update(request: ApiRequest, services: Services): Promise<Reply> {
  const { fields, avatar, malformed } = await decodeImageOf(parseFields(updateOrganizationSchema, request.body));
  const { slug = null, trustedRelays = null, defaultRole, cancelDeletion, ...values } = fields;
  if (avatar && avatar.bytes.length > apiLimits.imageBytesMax) throw new OrgError('too-large', 'Image too large');
  const ownersOnly = { ...(defaultRole && { defaultRole }), ...(cancelDeletion && { cancelDeletion }) };
  return runRequestCommand(services, updateOrganization, {
    orgId: request.org.id,
    actor: request.caller.actor,
    // Absent fields are omitted, which the schema's type cannot express.
    input: { values: values as UpdateOrganization['values'], slug, trustedRelays, ...(avatar === undefined ? {} : { avatar }), ownersOnly },
    malformed,
    writeContext: request.writeContext,
    respond: async (tx, { state }) => ({
      status: 200,
      body: await presentDetails(tx, readerOf(state, request.caller.actor), request, services),
    }),
  });
}

async function remove(request: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeOrganization, {
    orgId: request.org.id,
    actor: request.caller.actor,
    input: { defaultOrganization: services.defaultOrganization },
    writeContext: request.writeContext,
    respond: async (tx) => ({
      status: 202,
      body: await presentDetails(tx, await readerOfOrganization(tx, request), request, services),
    }),
  });
}

const everything = { text: '', filters: new Map<string, string[]>() };

function readerOfOrganization(db: Db, { org, caller }: ApiRequest): Promise<AuthorizedReader> {
  return authorizeReader(db, org.id, caller.actor, anyOrgScope);
}

/** @param isDetailed with the lists of teams and projects, as in every response to a write */
async function presentDetails(
  db: Db,
  reader: AuthorizedReader,
  { org, query }: ApiRequest,
  services: Services,
  isDetailed = true,
): Promise<object> {
  const [details, teams, projects] = await Promise.all([
    readOrganizationDetails(db, reader.state, reader.actor, services.defaultOrganization),
    isDetailed ? listTeams(db, org.id, everything, null).then((found) => presentTeams(db, reader, found)) : null,
    isDetailed ? listProjects(db, reader, everything, null).then((found) => presentProjectSummaries(db, reader, found)) : null,
  ]);
  const flag = query.get('include_feature_flags');
  const shape = presentOrganizationDetails(details, {
    publicUrl: services.publicUrl,
    retiredRoles: services.retiredRoles,
    withFeatures: flag !== null && flag !== '0',
  });
  return isDetailed ? { ...shape, teams, projects } : shape;
}
