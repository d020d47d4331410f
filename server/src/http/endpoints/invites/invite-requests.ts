import type { MemberRecord, Scope } from '@rollcall/protocol';
import { memberShape, memberWithTeamsShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../../database/database.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { findInviteRequest, listInviteRequests } from '../../../read-path/queries/invites/invite-requests.ts';
import { type ResponseRecipient, recipientOf } from '../../../read-path/queries/recipient.ts';
import { transferLimits } from '../../../runtime/limits/rows/transfers.ts';
import { removeInviteRequest } from '../../../write-path/commands/invites/remove-invite-request.ts';
import { requestInvite } from '../../../write-path/commands/invites/request-invite.ts';
import { updateInviteRequest } from '../../../write-path/commands/invites/update-invite-request.ts';
import { booleanField, parseFields } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { givenRoleOf, inviteMemberSchema, memberFields, teamChoiceOf, withoutOverridden } from '../members/member-fields.ts';
import { presentMembers, presentMembersWithTeams } from '../members/present-member.ts';

const onOrg = '/organizations/:org/invite-requests/';
const onRequest = '/organizations/:org/invite-requests/:member/';
const toRead: readonly Scope[] = ['member:read', 'member:write', 'member:admin'];
const toDecide: readonly Scope[] = ['member:write', 'member:admin'];

const updateInviteRequestSchema = z.object({
  ...memberFields,
  approve: booleanField().optional().describe('True approves the request, so that the person is invited.'),
});

/** Requests for an invite, and the decisions about them (REST contract 7.2). */
export const inviteRequestRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: onOrg,
    scopes: toRead,
    metadata: {
      tag: 'Invites and requests',
      id: 'listInviteRequests',
      summary: 'List an organization’s invite and join requests',
      description: 'Omits join requests while `allowJoinRequests` is off.',
      isPaged: true,
      responses: { 200: z.array(memberWithTeamsShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: onOrg,
    scopes: toRead,
    bodyBytesMax: transferLimits.memberBodyBytes.value,
    metadata: {
      tag: 'Invites and requests',
      id: 'requestInvite',
      summary: 'Create an invite request',
      description: 'Requests an invite for another person. Owners and managers can approve the request, and get a mail.',
      responses: { 201: memberShape },
      body: inviteMemberSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: onRequest,
    scopes: toRead,
    metadata: {
      tag: 'Invites and requests',
      id: 'readInviteRequest',
      isForUsers: true,
      summary: 'Retrieve an invite or join request',
      description: 'For members and invites, the response is 404; `readMember` returns them.',
      responses: { 200: memberWithTeamsShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: onRequest,
    scopes: toDecide,
    bodyBytesMax: transferLimits.memberBodyBytes.value,
    metadata: {
      tag: 'Invites and requests',
      id: 'updateInviteRequest',
      isForUsers: true,
      summary: 'Update or approve an invite or join request',
      description: 'With `approve: true`, the request becomes an invite, which is mailed.',
      responses: { 200: memberWithTeamsShape },
      body: updateInviteRequestSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: onRequest,
    scopes: toDecide,
    metadata: {
      tag: 'Invites and requests',
      id: 'removeInviteRequest',
      isForUsers: true,
      summary: 'Reject an invite or join request',
      description: 'The person receives no mail. They can be requested again.',
      responses: { 204: null },
    },
    handle: remove,
  },
];

async function list(request: ApiRequest, services: Services): Promise<Reply> {
  const { db } = services;
  const { org, caller } = request;
  const reader = await authorizeReader(db, org.id, caller.actor, toRead);
  const recipient = recipientOf(reader);
  const withJoinRequests = reader.state.organization!.allowJoinRequests;
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listInviteRequests(db, org.id, { withJoinRequests, hidesAddresses: recipient.hidesAddresses }, limit, offset),
    (found: readonly MemberRecord[]) => presentMembersWithTeams(db, recipient, org.id, found),
  );
}

async function create({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(inviteMemberSchema, body);
  const isRoleRefused = 'orgRole' in malformed || 'role' in malformed;
  return runRequestCommand(services, requestInvite, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      email: fields.email ?? null,
      role: givenRoleOf(fields) ?? (isRoleRefused ? null : { key: 'orgRole', value: 'member' }),
      teams: teamChoiceOf(fields),
    },
    malformed: withoutOverridden(body, malformed),
    writeContext,
    respond: (tx, { member, hidesAddresses }) => ({
      status: 201,
      body: presentMembers(tx, { hidesAddresses, userId: null }, [member]).then(([shape]) => shape),
    }),
  });
}

async function read({ org, caller, params }: ApiRequest, { db }: Services): Promise<Reply> {
  const reader = await authorizeReader(db, org.id, caller.actor, toRead);
  const request = await findInviteRequest(db, reader.state.organization!, caller.actor, params.member!);
  return { status: 200, body: await presentRequest(db, recipientOf(reader), org.id, request) };
}

async function update({ org, caller, params, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(updateInviteRequestSchema, body);
  return runRequestCommand(services, updateInviteRequest, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      member: params.member!,
      role: givenRoleOf(fields),
      teams: teamChoiceOf(fields),
      approve: fields.approve ?? null,
    },
    malformed: withoutOverridden(body, malformed),
    writeContext,
    respond: async (tx, { member }) => ({
      status: 200,
      body: await presentRequest(tx, recipientOf(await authorizeReader(tx, org.id, caller.actor)), org.id, member),
    }),
  });
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeInviteRequest, {
    orgId: org.id,
    actor: caller.actor,
    input: { member: params.member! },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}

async function presentRequest(db: Db, recipient: ResponseRecipient, orgId: string, member: MemberRecord): Promise<unknown> {
  return (await presentMembersWithTeams(db, recipient, orgId, [member]))[0];
}
