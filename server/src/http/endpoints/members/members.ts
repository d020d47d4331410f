import { type MemberRecord, type OrgState, parseSearchQuery, type Scope } from '@rollcall/protocol';
import { listedMemberShape, memberDetailsShape, memberShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Db } from '../../../database/database.ts';
import type { Actor } from '../../../domain/actor.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { listMembers } from '../../../read-path/queries/members/list-members.ts';
import { findMember, readMemberDetails } from '../../../read-path/queries/members/member-details.ts';
import { externalUsersOfMembers } from '../../../read-path/queries/outlets/external-actors.ts';
import { recipientOf } from '../../../read-path/queries/recipient.ts';
import { transferLimits } from '../../../runtime/limits/rows/transfers.ts';
import { inviteMember } from '../../../write-path/commands/invites/invite-member.ts';
import { removeMember } from '../../../write-path/commands/members/remove-member.ts';
import { updateMember } from '../../../write-path/commands/members/update-member.ts';
import { parseFields } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import { presentExternalUser } from '../../responses/present-external-actors.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { searchParameter } from '../query-parameters.ts';
import { givenRoleOf, inviteMemberSchema, teamChoiceOf, updateMemberSchema, withoutOverridden } from './member-fields.ts';
import { presentMemberDetails, presentMembers } from './present-member.ts';

const keys = ['email', 'id', 'user.id', 'role', 'scope', 'isInvited', 'ssoLinked', 'has2fa', 'hasExternalUsers'];

const toRead: readonly Scope[] = ['member:read', 'member:write', 'member:admin'];
const toInvite: readonly Scope[] = ['member:invite', 'member:write', 'member:admin'];

/** The members and invites of an organization (REST contract 6.1). */
export const memberRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/members/',
    scopes: toRead,
    limit: 'memberRequests',
    metadata: {
      tag: 'Members',
      id: 'listMembers',
      summary: 'List an organization’s members and invites',
      description: 'Sorted by id. Omits invite requests, join requests and members whose user is disabled.',
      query: z.object({
        query: searchParameter('the name and the email address', keys),
        expand: z
          .array(z.enum(['externalUsers']))
          .optional()
          .describe('Fields to add to each item.'),
      }),
      isPaged: true,
      responses: { 200: z.array(listedMemberShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: '/organizations/:org/members/',
    scopes: toInvite,
    limit: 'memberRequests',
    bodyBytesMax: transferLimits.memberBodyBytes.value,
    metadata: {
      tag: 'Members',
      id: 'inviteMember',
      summary: 'Invite a member',
      description:
        'Creates a pending member and mails the invite, which expires after 7 days, or as many as the server’s `INVITE_DAYS`. `sendInvite: false` omits the mail. `orgRole` defaults to `member`, regardless of the organization’s default role. `role` and `teams` are former names of `orgRole` and `teamRoles`.',
      responses: { 201: memberShape },
      body: inviteMemberSchema,
    },
    handle: invite,
  },
  {
    method: 'GET',
    path: '/organizations/:org/members/:member/',
    scopes: toRead,
    metadata: {
      tag: 'Members',
      id: 'readMember',
      isForUsers: true,
      summary: 'Retrieve a member',
      description:
        '`orgRoleList` contains the roles, and `isAllowed` states whether the caller may assign each of them. An organization token that requests `me` gets 404.',
      responses: { 200: memberDetailsShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: '/organizations/:org/members/:member/',
    scopes: toInvite,
    bodyBytesMax: transferLimits.memberBodyBytes.value,
    metadata: {
      tag: 'Members',
      id: 'updateMember',
      isForUsers: true,
      summary: 'Update a member, or resend an invite',
      description:
        '`teamRoles` replaces all teams of the member. Without it, the teams do not change. `reinvite` resends a pending invite, and with `regenerate` the invite gets a new link. A request with `reinvite` cannot change the role or the teams.',
      responses: { 200: memberDetailsShape },
      body: updateMemberSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/members/:member/',
    scopes: toRead,
    metadata: {
      tag: 'Members',
      id: 'removeMember',
      isForUsers: true,
      summary: 'Remove a member, or leave an organization',
      description: 'Ends the member’s subscriptions immediately, and removes the pending invites that the member sent.',
      responses: { 204: null },
    },
    handle: remove,
  },
];

async function list(request: ApiRequest, services: Services): Promise<Reply> {
  const { db } = services;
  const { org, caller, query } = request;
  const reader = await authorizeReader(db, org.id, caller.actor, toRead);
  const recipient = recipientOf(reader);
  const search = { ...parseSearchQuery(query.get('query')), hidesAddresses: recipient.hidesAddresses };
  const withExternalUsers = query.getAll('expand').includes('externalUsers');
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listMembers(db, org.id, search, limit, offset),
    async (members: readonly MemberRecord[]) => {
      const shapes = await presentMembers(db, recipient, members);
      if (!withExternalUsers) return shapes;
      const mapped = await externalUsersOfMembers(
        db,
        org.id,
        members.map(({ id }) => id),
      );
      return shapes.map((shape) => {
        const { user } = shape;
        return { ...shape, externalUsers: user ? (mapped.get(shape.id) ?? []).map((record) => presentExternalUser(record, user.id)) : [] };
      });
    },
  );
}

async function invite(request: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(inviteMemberSchema, request.body);
  const role = givenRoleOf(fields);
  const isRoleRefused = 'orgRole' in malformed || 'role' in malformed;
  return runRequestCommand(services, inviteMember, {
    orgId: request.org.id,
    actor: request.caller.actor,
    input: {
      email: fields.email ?? null,
      // Without a role, an invite is for a plain member and ignores the organization's default role
      // (REST contract 6.3).
      role: role ?? (isRoleRefused ? null : { key: 'orgRole', value: 'member' }),
      teams: teamChoiceOf(fields),
      sendInvite: fields.sendInvite ?? true,
    },
    malformed: withoutOverridden(request.body, malformed),
    writeContext: request.writeContext,
    respond: (tx, { member, hidesAddresses }) => ({
      status: 201,
      body: presentMembers(tx, { hidesAddresses, userId: null }, [member]).then(([shape]) => shape),
    }),
  });
}

async function read(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params } = request;
  const { state } = await authorizeReader(services.db, org.id, caller.actor, toRead);
  const member = await findMember(services.db, state, caller.actor, params.member!);
  return { status: 200, body: await presentDetails(services.db, state, caller.actor, services, member) };
}

async function update(request: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(updateMemberSchema, request.body);
  return runRequestCommand(services, updateMember, {
    orgId: request.org.id,
    actor: request.caller.actor,
    input: {
      member: request.params.member!,
      role: givenRoleOf(fields),
      teams: teamChoiceOf(fields),
      reinvite: fields.reinvite ?? false,
      regenerate: fields.regenerate ?? false,
    },
    malformed: withoutOverridden(request.body, malformed),
    writeContext: request.writeContext,
    respond: (tx, { member, state }) => ({ status: 200, body: presentDetails(tx, state, request.caller.actor, services, member) }),
  });
}

async function remove(request: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeMember, {
    orgId: request.org.id,
    actor: request.caller.actor,
    input: { member: request.params.member! },
    writeContext: request.writeContext,
    respond: async () => ({ status: 204 }),
  });
}

/** @param state as for `readMemberDetails` */
async function presentDetails(db: Db, state: OrgState, actor: Actor, services: Services, member: MemberRecord): Promise<object> {
  const details = await readMemberDetails(db, state, actor, member);
  return presentMemberDetails(details, recipientOf({ state, actor }), services.retiredRoles);
}
