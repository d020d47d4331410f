import { type MemberRecord, OrgError, orgRoleIds, parseSearchQuery } from '@rollcall/protocol';
import { memberShape, operatorMemberShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../database/database.ts';
import { readUserDetails } from '../../read-path/queries/identity/user-details.ts';
import { listMembers, operatorMemberKeys } from '../../read-path/queries/members/list-members.ts';
import { findMemberOfUser } from '../../read-path/queries/members/member-of-user.ts';
import { operatorRecipient } from '../../read-path/queries/recipient.ts';
import { addMember } from '../../write-path/commands/members/add-member.ts';
import { removeMember } from '../../write-path/commands/members/remove-member.ts';
import { updateMember } from '../../write-path/commands/members/update-member.ts';
import { presentMembers, presentMembersWithTeams } from '../endpoints/members/present-member.ts';
import { searchParameter } from '../endpoints/query-parameters.ts';
import { choiceField, idField, parseFields } from '../requests/fields.ts';
import { paginateByOffset } from '../responses/pagination.ts';
import type { Reply } from '../route.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import { namedUser } from './named-user.ts';
import { noUserId, type OperatorRequest, type OperatorRoute } from './operator-route.ts';
import { slugsField } from './slugs-field.ts';

const optionalFields = {
  orgRole: choiceField(orgRoleIds).optional().describe('Role in the organization.'),
  teams: slugsField().optional().describe('Slugs of the teams, which replace the current ones.'),
};
const addSchema = z.object({ userId: idField().describe('Id of the user.'), ...optionalFields });
const putSchema = z.object(optionalFields);

export const memberRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/organizations/:org/members/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listMembersOf',
      summary: 'List the members and invites of an organization',
      description: 'Sorted by id. Contains members whose user is disabled, and omits requests.',
      query: z.object({ query: searchParameter('the name and the email address', operatorMemberKeys) }),
      isPaged: true,
      responses: { 200: z.array(operatorMemberShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: '/organizations/:org/members/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'addMember',
      summary: 'Add a user to an organization',
      description: 'Makes the user a member without an invite. `orgRole` defaults to the organization’s default role.',
      responses: { 201: memberShape },
      errors: ['already-exists'],
      body: addSchema,
    },
    handle: add,
  },
  {
    method: 'PUT',
    path: '/organizations/:org/members/:user/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'putMember',
      summary: 'Add a user to an organization, or change their role and teams',
      description:
        'Absent fields stay as they are, also those of a member who became an invite because the organization requires a second factor. `teams` replaces all teams of the member. A restriction by the organization’s identity provider does not apply. The only owner of an organization cannot get another role.',
      responses: { 200: operatorMemberShape, 201: operatorMemberShape },
      errors: ['already-exists', 'last-owner'],
      body: putSchema,
    },
    handle: put,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/members/:user/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'removeMemberOf',
      summary: 'Remove a user from an organization',
      description:
        'Ends the member’s subscriptions immediately, also if the organization’s identity provider manages the member. Also removes a user whom a required second factor locked out. The only owner of an organization cannot be removed.',
      responses: { 204: null },
      errors: ['last-owner'],
    },
    handle: remove,
  },
];

async function presentForOperator(
  db: Db,
  orgId: string,
  members: readonly MemberRecord[],
): Promise<ResponseOf<typeof operatorMemberShape>[]> {
  const shapes = await presentMembersWithTeams(db, operatorRecipient, orgId, members);
  const details = await readUserDetails(
    db,
    shapes.flatMap(({ user }) => user?.id ?? []),
  );
  return shapes.map((shape) => ({
    ...shape,
    user: shape.user && { ...shape.user, externalId: details.get(shape.user.id)?.externalId ?? null },
  }));
}

function list(request: OperatorRequest, services: Services): Promise<Reply> {
  const orgId = request.org.id;
  const { db } = services;
  const search = { ...parseSearchQuery(request.query.get('query')), hidesAddresses: false, isByOperator: true } as const;
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listMembers(db, orgId, search, limit, offset),
    (members) => presentForOperator(db, orgId, members),
  );
}

async function add({ org, body, writeContext, operator }: OperatorRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(addSchema, body);
  return runRequestCommand(services, addMember, {
    orgId: org.id,
    actor: operator,
    input: { userId: fields.userId ?? noUserId, orgRole: fields.orgRole ?? null, teams: fields.teams ?? null },
    malformed,
    writeContext,
    respond: async (tx, member) => ({ status: 201, body: (await presentMembers(tx, operatorRecipient, [member]))[0] }),
  });
}

async function put(request: OperatorRequest, services: Services): Promise<Reply> {
  const { org } = request;
  const user = await namedUser(request, services);
  const parsed = parseFields(putSchema, request.body);
  const call = { request, parsed, services };
  const member = await findMemberOfUser(services.db, org.id, user.id);
  if (member !== null) return change(call, member);
  try {
    return await join(call, user.id);
  } catch (error) {
    const concurrent =
      error instanceof OrgError && error.code === 'already-exists' ? await findMemberOfUser(services.db, org.id, user.id) : null;
    if (concurrent === null) throw error;
    return change(call, concurrent);
  }
}

interface PutMember {
  readonly request: OperatorRequest;
  readonly parsed: ReturnType<typeof parseFields<typeof putSchema.shape>>;
  readonly services: Services;
}

function change({ request, parsed: { fields, malformed }, services }: PutMember, member: string): Promise<Reply> {
  const { org, writeContext } = request;
  const { orgRole, teams } = fields;
  return runRequestCommand(services, updateMember, {
    orgId: org.id,
    actor: request.operator,
    input: {
      member,
      role: orgRole === undefined ? null : { key: 'orgRole', value: orgRole },
      teams: teams === undefined ? null : { key: 'teams', items: teams.map((slug) => ({ slug })) },
      reinvite: false,
      regenerate: false,
    },
    malformed,
    writeContext,
    respond: async (tx, updated) => ({ status: 200, body: (await presentForOperator(tx, org.id, [updated.member]))[0] }),
  });
}

function join({ request, parsed: { fields, malformed }, services }: PutMember, userId: string): Promise<Reply> {
  const { org, writeContext } = request;
  return runRequestCommand(services, addMember, {
    orgId: org.id,
    actor: request.operator,
    input: { userId, orgRole: fields.orgRole ?? null, teams: fields.teams ?? null, restoresDetached: true },
    malformed,
    writeContext,
    respond: async (tx, member) => ({ status: 201, body: (await presentForOperator(tx, org.id, [member]))[0] }),
  });
}

async function remove(request: OperatorRequest, services: Services): Promise<Reply> {
  const { org, writeContext } = request;
  const user = await namedUser(request, services);
  return runRequestCommand(services, removeMember, {
    orgId: org.id,
    actor: request.operator,
    input: { userId: user.id },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
