import { orgRoleIds } from '@rollcall/protocol';
import { memberShape, mintedTokenShape, organizationShape, stateShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { minterOf } from '../../identity/org-token.ts';
import { operatorRecipient } from '../../read-path/queries/recipient.ts';
import { readStateOfRole } from '../../read-path/read-state.ts';
import { isStorable } from '../../runtime/storable-text.ts';
import { addMember } from '../../write-path/commands/members/add-member.ts';
import { allocateOrganizationId } from '../../write-path/commands/organizations/allocate-organization-id.ts';
import { createOrganization } from '../../write-path/commands/organizations/create-organization.ts';
import { removeOrganization } from '../../write-path/commands/organizations/remove-organization.ts';
import { createOrgToken } from '../../write-path/commands/tokens/create-org-token.ts';
import { presentMembers } from '../endpoints/members/present-member.ts';
import { presentOrganization } from '../endpoints/organizations/present-organization.ts';
import { choiceField, idField, listField, messages, nameField, parseBody, parseFields, rawStringField } from '../requests/fields.ts';
import { scopesField } from '../requests/scopes-field.ts';
import type { Services } from '../services.ts';
import { write } from '../write.ts';
import { type OperatorRequest, type OperatorRoute, operator } from './operator-route.ts';

/**
 * An id without a user: 0 is the server's own stream. It is used if the field itself was refused.
 */
const nobody = '0';

const createSchema = z.object({ name: nameField({ max: 64 }), slug: rawStringField().optional(), ownerId: idField() });
const memberSchema = z.object({
  userId: idField(),
  orgRole: choiceField(orgRoleIds).optional(),
  teams: listField(1_000, { type: 'string', description: 'Slug of a team.' }, (item, refuse) =>
    isText(item) ? item : refuse(messages.notString),
  ).optional(),
});
const tokenSchema = z.object({ name: nameField({ max: 255 }), scopes: scopesField() });
const stateSchema = z.object({ audience: choiceField(orgRoleIds) });

function isText(value: unknown): value is string {
  return typeof value === 'string' && isStorable(value);
}

export const organizationRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/organizations/',
    metadata: {
      tag: 'Operator',
      id: 'createOrganizationFor',
      summary: 'Create an organization for a user',
      description: 'Makes the user with `ownerId` the owner.',
      isCommand: true,
      responses: { 201: organizationShape },
      errors: ['already-exists'],
      body: createSchema,
    },
    handle: create,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/',
    metadata: {
      tag: 'Operator',
      id: 'removeOrganizationAsOperator',
      summary: 'Delete an organization',
      description: 'Marks the organization as pending deletion. After 24 hours it is deleted permanently.',
      responses: { 202: organizationShape },
      errors: ['legal-hold'],
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: '/organizations/:org/members/',
    metadata: {
      tag: 'Operator',
      id: 'addMember',
      summary: 'Add a user to an organization',
      description: 'Makes the user a member without an invite. `orgRole` defaults to the organization’s default role.',
      responses: { 201: memberShape },
      errors: ['already-exists'],
      body: memberSchema,
    },
    handle: add,
  },
  {
    method: 'POST',
    path: '/organizations/:org/tokens/',
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

async function create({ body, writeContext }: OperatorRequest, services: Services) {
  const { fields, malformed } = parseFields(createSchema, body);
  return write(services, createOrganization, {
    orgId: await allocateOrganizationId(services.writePath),
    actor: operator,
    input: { name: fields.name ?? '', slug: fields.slug ?? null, ownerId: fields.ownerId ?? nobody, defaultTeam: false },
    malformed,
    writeContext,
    respond: async (_tx, organization) => ({ status: 201, body: presentOrganization(organization, services.publicUrl) }),
  });
}

async function remove({ org, writeContext }: OperatorRequest, services: Services) {
  return write(services, removeOrganization, {
    orgId: org.id,
    actor: operator,
    input: { defaultOrganization: services.defaultOrganization },
    writeContext,
    respond: async (_tx, { organization }) => ({ status: 202, body: presentOrganization(organization, services.publicUrl) }),
  });
}

async function add({ org, body, writeContext }: OperatorRequest, services: Services) {
  const { fields, malformed } = parseFields(memberSchema, body);
  return write(services, addMember, {
    orgId: org.id,
    actor: operator,
    input: {
      userId: fields.userId ?? nobody,
      orgRole: fields.orgRole ?? null,
      teams: fields.teams ?? [],
    },
    malformed,
    writeContext,
    respond: async (tx, member) => ({ status: 201, body: (await presentMembers(tx, operatorRecipient, [member]))[0] }),
  });
}

async function createToken({ org, body, writeContext }: OperatorRequest, services: Services) {
  const { fields, malformed } = parseFields(tokenSchema, body);
  return write(services, createOrgToken, {
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
