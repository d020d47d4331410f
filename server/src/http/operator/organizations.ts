import { apiLimits, OrgError, orgRoleIds, parseSearchQuery } from '@rollcall/protocol';
import {
  mintedTokenShape,
  operatorOrganizationShape,
  organizationShape,
  type ResponseOf,
  stateShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { assertOperatorScope } from '../../domain/operator.ts';
import { minterOf } from '../../identity/tokens/org-token.ts';
import {
  listAllOrganizations,
  type OperatorOrganization,
  organizationSearchKeys,
  readOperatorOrganizations,
} from '../../read-path/queries/organizations/operator-organizations.ts';
import { readStateOfRole } from '../../read-path/read-state.ts';
import { allocateOrganizationId } from '../../write-path/commands/organizations/allocate-organization-id.ts';
import { createOrganization } from '../../write-path/commands/organizations/create-organization.ts';
import { removeOrganization } from '../../write-path/commands/organizations/remove-organization.ts';
import { updateOrganization } from '../../write-path/commands/organizations/update-organization.ts';
import { createOrgToken } from '../../write-path/commands/tokens/create-org-token.ts';
import { presentOrganization } from '../endpoints/organizations/present-organization.ts';
import { searchParameter } from '../endpoints/query-parameters.ts';
import { booleanField, choiceField, idField, nameField, parseBody, parseFields, rawStringField } from '../requests/fields.ts';
import { scopesField } from '../requests/scopes-field.ts';
import { paginateByOffset } from '../responses/pagination.ts';
import type { Reply } from '../route.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import { assertSameExternalId, externalIdField, externalIdIn } from './external-id-fields.ts';
import { findNamedOrganization } from './named-organization.ts';
import { noUserId, type OperatorRequest, type OperatorRoute } from './operator-route.ts';

const optionalFields = {
  slug: rawStringField().optional().describe('Slug of the organization. Default: derived from the name.'),
  externalId: externalIdField().optional().describe('The id in the operator’s own system. Null for none.'),
};
const createSchema = z.object({
  name: nameField({ max: apiLimits.nameLengthMax }).describe('Name of the organization.'),
  ownerId: idField().describe('Id of the user who becomes the owner.'),
  ...optionalFields,
});
const putSchema = z.object({
  name: nameField({ max: apiLimits.nameLengthMax }).optional().describe('Name of the organization. Required for a new one.'),
  ownerId: idField().optional().describe('Id of the user who becomes the owner of a new organization. Required for a new one.'),
  cancelDeletion: booleanField().optional().describe('True cancels the deletion of the organization.'),
  ...optionalFields,
});
const tokenSchema = z.object({
  name: nameField({ max: apiLimits.tokenNameLengthMax }).describe('Name of the token.'),
  scopes: scopesField().describe('The scopes of the token.'),
});
const stateSchema = z.object({ audience: choiceField(orgRoleIds).describe('The role whose view is returned. Default: `owner`.') });

export const organizationRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/organizations/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listAllOrganizations',
      summary: 'List all organizations',
      description: 'Sorted by id.',
      query: z.object({ query: searchParameter('the name and the slug', organizationSearchKeys) }),
      isPaged: true,
      responses: { 200: z.array(operatorOrganizationShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: '/organizations/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'createOrganizationFor',
      summary: 'Create an organization for a user',
      description: 'Makes the user with `ownerId` the owner.',
      isCommand: true,
      responses: { 201: operatorOrganizationShape },
      errors: ['already-exists'],
      body: createSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/organizations/:org/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readOrganizationAsOperator',
      summary: 'Retrieve an organization as the operator',
      description: 'Organizations that are marked for deletion are included, with their `status`.',
      responses: { 200: operatorOrganizationShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: '/organizations/:org/',
    mayCreateOrganization: true,
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'putOrganization',
      summary: 'Update an organization, or create the organization with an external id',
      description:
        'Absent fields stay as they are. With `external:<id>` in the path, an organization that does not exist is created, which needs `name` and `ownerId`. `ownerId` is used only then. `cancelDeletion: true` restores an organization that is marked for deletion.',
      responses: { 200: operatorOrganizationShape, 201: operatorOrganizationShape },
      errors: ['already-exists'],
      body: putSchema,
    },
    handle: put,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'removeOrganizationAsOperator',
      summary: 'Delete an organization',
      description:
        'Marks the organization as pending deletion. It works as before for 24 hours. Then it is deleted permanently, unless `PUT` with `cancelDeletion` restores it.',
      responses: { 202: organizationShape },
      errors: ['legal-hold'],
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: '/organizations/:org/tokens/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'createTokenOfOrganization',
      summary: 'Create an organization token',
      description: 'Only this response contains the token string.',
      isUnrepeatable: true,
      responses: { 201: mintedTokenShape },
      body: tokenSchema,
    },
    handle: createToken,
  },
  {
    method: 'GET',
    path: '/organizations/:org/state/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readState',
      summary: 'Retrieve an organization’s state',
      description:
        'Returns the records that a subscriber with the role `audience` (default `owner`) has at the current revision. They are read from the database.',
      responses: { 200: stateShape },
      query: stateSchema.partial(),
    },
    handle: readState,
  },
];

function list(request: OperatorRequest, services: Services): Promise<Reply> {
  const search = parseSearchQuery(request.query.get('query'));
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listAllOrganizations(services.db, search, limit, offset),
    (found) => found.map((one) => presentForOperator(one, services)),
  );
}

function presentForOperator({ organization, externalId }: OperatorOrganization, { publicUrl }: Services) {
  return { ...presentOrganization(organization, publicUrl), externalId } satisfies ResponseOf<typeof operatorOrganizationShape>;
}

async function presentStored(db: Db, orgId: string, services: Services) {
  const [found] = await readOperatorOrganizations(db, [orgId]);
  if (!found) throw notFound();
  return presentForOperator(found, services);
}

async function read({ org }: OperatorRequest, services: Services): Promise<Reply> {
  return { status: 200, body: await presentStored(services.db, org.id, services) };
}

async function create(
  { body, writeContext, operator }: Pick<OperatorRequest, 'body' | 'writeContext' | 'operator'>,
  services: Services,
): Promise<Reply> {
  const { fields, malformed } = parseFields(createSchema, body);
  return runRequestCommand(services, createOrganization, {
    orgId: await allocateOrganizationId(services.writePath),
    actor: operator,
    input: {
      name: fields.name ?? '',
      slug: fields.slug ?? null,
      ownerId: fields.ownerId ?? noUserId,
      defaultTeam: false,
      externalId: fields.externalId ?? null,
    },
    malformed,
    writeContext,
    respond: async (tx, { id }) => ({ status: 201, body: await presentStored(tx, id, services) }),
  });
}

/** If another instance creates the organization at the same time, its organization is updated. */
async function put(request: OperatorRequest, services: Services): Promise<Reply> {
  const externalId = externalIdIn(request.params.org!);
  const { body, writeContext, operator } = request;
  const found = await findNamedOrganization(services.db, request.params.org!);
  if (found) return update(request, services, found.id);
  if (externalId === null) throw notFound();
  assertSameExternalId(externalId, parseBody(putSchema, body).externalId);
  try {
    return await create({ body: { ...(body as object), externalId }, writeContext, operator }, services);
  } catch (error) {
    // The error may be that the slug is taken by the same organization.
    const concurrent = error instanceof OrgError && (await findNamedOrganization(services.db, request.params.org!));
    if (!concurrent) throw error;
    return update(request, services, concurrent.id);
  }
}

async function update({ body, writeContext, operator }: OperatorRequest, services: Services, orgId: string): Promise<Reply> {
  const { fields, malformed } = parseFields(putSchema, body);
  const { name, slug = null, externalId, cancelDeletion = false } = fields;
  if (cancelDeletion) assertOperatorScope(operator, 'operator:admin');
  return runRequestCommand(services, updateOrganization, {
    orgId,
    actor: operator,
    input: {
      values: name === undefined ? {} : { name },
      slug,
      trustedRelays: null,
      ownersOnly: { cancelDeletion },
      ...(externalId === undefined ? {} : { externalId }),
    },
    malformed,
    writeContext,
    respond: async (tx) => ({ status: 200, body: await presentStored(tx, orgId, services) }),
  });
}

async function remove({ org, writeContext, operator }: OperatorRequest, services: Services) {
  return runRequestCommand(services, removeOrganization, {
    orgId: org.id,
    actor: operator,
    input: { defaultOrganization: services.defaultOrganization },
    writeContext,
    respond: async (_tx, { organization }) => ({ status: 202, body: presentOrganization(organization, services.publicUrl) }),
  });
}

async function createToken({ org, body, writeContext, operator }: OperatorRequest, services: Services) {
  const { fields, malformed } = parseFields(tokenSchema, body);
  return runRequestCommand(services, createOrgToken, {
    orgId: org.id,
    actor: operator,
    input: {
      name: fields.name ?? '',
      scopes: fields.scopes ?? [],
      mint: minterOf(services.publicUrl),
      credential: null,
    },
    malformed,
    // The response contains the token's text, which is not stored, not even for a retry.
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, { record, text }) => ({ status: 201, body: { id: record.id, token: text, scopes: record.scopes } }),
  });
}

async function readState({ org, query }: OperatorRequest, services: Services) {
  const { audience } = parseBody(stateSchema, { audience: query.get('audience') ?? 'owner' });
  return { status: 200, body: await readStateOfRole(services.db, org.id, audience) };
}
