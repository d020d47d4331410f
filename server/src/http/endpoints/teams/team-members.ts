import { teamRoleIds } from '@rollcall/protocol';
import { membershipShape, teamShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { authorizeReader, findTeam, readerOf } from '../../../read-path/queries/authorized-reader.ts';
import { findMember } from '../../../read-path/queries/members/member-details.ts';
import { findMembership } from '../../../read-path/queries/teams/list-team-members.ts';
import { changeTeamRole } from '../../../write-path/commands/teams/change-team-role.ts';
import { joinTeam } from '../../../write-path/commands/teams/join-team.ts';
import { leaveTeam } from '../../../write-path/commands/teams/leave-team.ts';
import { choiceField, parseFields } from '../../requests/fields.ts';
import type { Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { presentMembership, presentTeamFor } from './present-team.ts';

/** The members of a team (REST contract 8.4). */

const path = '/organizations/:org/members/:member/teams/:team/';
const readScopes = ['org:read', 'org:write', 'org:admin', 'member:read', 'member:write', 'member:admin'] as const;

const roleSchema = z.object({ teamRole: choiceField(teamRoleIds).optional().describe('The role on the team.') });

export const teamMemberRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    scopes: readScopes,
    metadata: {
      tag: 'Teams',
      id: 'readTeamMembership',
      isForUsers: true,
      summary: 'Retrieve a member’s team membership',
      description: 'Returns 404 if the member is not on the team.',
      responses: { 200: membershipShape },
    },
    async handle({ org, caller: { actor }, params }, { db }) {
      const reader = await authorizeReader(db, org.id, actor, readScopes);
      const member = await findMember(db, reader.state, actor, params.member!);
      const team = await findTeam(db, reader, params.team!);
      return { status: 200, body: presentMembership(await findMembership(db, org.id, team.id, member.id)) };
    },
  },
  {
    method: 'POST',
    path,
    scopes: ['org:read', 'org:write', 'team:write'],
    metadata: {
      tag: 'Teams',
      id: 'joinTeam',
      isForUsers: true,
      summary: 'Add a member to a team, or create an access request',
      description:
        'The response is 201 if the member was added, and 204 if they were already on the team. It is 202 if the caller may not add the member, in which case an access request is created.',
      responses: { 201: teamShape, 202: null, 204: null },
    },
    handle: ({ org, caller: { actor }, params, writeContext }, services) =>
      runRequestCommand(services, joinTeam, {
        orgId: org.id,
        actor,
        input: { member: params.member!, team: params.team! },
        writeContext,
        respond(tx, { outcome, team, state }) {
          if (outcome === 'already-on-team') return { status: 204 };
          if (outcome === 'requested') return { status: 202 };
          return { status: 201, body: presentTeamFor(tx, readerOf(state, actor), team) };
        },
      }),
  },
  {
    method: 'PUT',
    path,
    scopes: [...readScopes, 'team:write', 'team:admin'],
    metadata: {
      tag: 'Teams',
      id: 'changeTeamRole',
      isForUsers: true,
      summary: 'Update a member’s team role',
      description:
        'Returns the stored role. It is null if the member’s organization role already gives them this team role or a higher one. Without `teamRole`, nothing changes.',
      responses: { 200: membershipShape },
      body: roleSchema,
    },
    handle({ org, caller: { actor }, params, body, writeContext }, services) {
      const { fields, malformed } = parseFields(roleSchema, body);
      return runRequestCommand(services, changeTeamRole, {
        orgId: org.id,
        actor,
        input: { member: params.member!, team: params.team!, ...fields },
        malformed,
        writeContext,
        respond: async (_tx, row) => ({ status: 200, body: presentMembership(row) }),
      });
    },
  },
  {
    method: 'DELETE',
    path,
    scopes: ['org:read', 'org:write', 'org:admin', 'team:admin'],
    metadata: {
      tag: 'Teams',
      id: 'leaveTeam',
      isForUsers: true,
      summary: 'Remove a member from a team, or leave it',
      description:
        'Returns the team, also if the member was not on it. For a team that the identity provider manages, the response is 403.',
      responses: { 200: teamShape },
    },
    handle: ({ org, caller: { actor }, params, writeContext }, services) =>
      runRequestCommand(services, leaveTeam, {
        orgId: org.id,
        actor,
        input: { member: params.member!, team: params.team! },
        writeContext,
        respond: (tx, { team, state }) => ({ status: 200, body: presentTeamFor(tx, readerOf(state, actor), team) }),
      }),
  },
];
