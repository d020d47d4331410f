import { apiLimits, parseSearchQuery } from '@rollcall/protocol';
import { detailedTeamShape, teamDetailsShape, teamMemberShape, teamShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { authorizeReader, findTeamFor, readerOf } from '../../../read-path/queries/authorized-reader.ts';
import { recipientOf } from '../../../read-path/queries/recipient.ts';
import { listMembersOfTeam } from '../../../read-path/queries/teams/list-team-members.ts';
import { listTeams, listTeamsOfReader } from '../../../read-path/queries/teams/list-teams.ts';
import { createTeam } from '../../../write-path/commands/teams/create-team.ts';
import { removeTeam } from '../../../write-path/commands/teams/remove-team.ts';
import { updateTeam } from '../../../write-path/commands/teams/update-team.ts';
import { booleanField, nameField, nullable, parseFields, stringField } from '../../requests/fields.ts';
import { paginateByOffset } from '../../responses/pagination.ts';
import type { Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { presentMembers } from '../members/present-member.ts';
import { presentOrganization } from '../organizations/present-organization.ts';
import { collapseParameter, detailedParameter, searchParameter } from '../query-parameters.ts';
import { presentTeam, presentTeamFor, presentTeams } from './present-team.ts';

/** The teams of an organization (REST contract 8.1). */

const newTeamSchema = z.object({
  slug: nullable(stringField({ max: apiLimits.slugLengthMax }))
    .optional()
    .describe('Slug of the team. Default: derived from the name.'),
  /** A blank name counts as absent. */
  name: nullable(nameField({ max: apiLimits.nameLengthMax, allowBlank: true }))
    .optional()
    .describe('Name of the team. Default: the slug. Either `slug` or `name` is required.'),
  idp_provisioned: booleanField().optional().describe('Whether the identity provider manages the team.'),
});

const teamChangesSchema = z.object({
  slug: stringField({ max: apiLimits.slugLengthMax }).optional().describe('Slug of the team, unique in the organization.'),
  name: nameField({ max: apiLimits.nameLengthMax }).optional().describe('Name of the team.'),
});

const onOrg = '/organizations/:org/teams/';
const onTeam = '/teams/:org/:team/';
const orgReadScopes = ['org:read', 'org:write', 'org:admin'] as const;
const teamReadScopes = ['team:read', 'team:write', 'team:admin'] as const;

export const teamRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: onOrg,
    scopes: orgReadScopes,
    metadata: {
      tag: 'Teams',
      id: 'listTeams',
      summary: 'List an organization’s teams',
      description: 'Sorted by slug.',
      query: z.object({
        query: searchParameter('the name and the slug', ['slug', 'id', 'hasExternalTeams']),
        detailed: detailedParameter.describe('`0` omits `projects` and `externalTeams`.'),
      }),
      isPaged: true,
      responses: { 200: z.array(detailedTeamShape) },
    },
    async handle(request, services) {
      const { db } = services;
      const reader = await authorizeReader(db, request.org.id, request.caller.actor, orgReadScopes);
      const search = parseSearchQuery(request.query.get('query'));
      const isDetailed = request.query.get('detailed') !== '0';
      return paginateByOffset(
        request,
        services,
        (limit, offset) => listTeams(db, request.org.id, search, { limit, offset }),
        (teams) => presentTeams(db, reader, teams, { withProjects: isDetailed, withExternalTeams: isDetailed }),
      );
    },
  },
  {
    method: 'POST',
    path: onOrg,
    scopes: ['org:write', 'org:admin', 'team:write'],
    metadata: {
      tag: 'Teams',
      id: 'createTeam',
      summary: 'Create a team',
      description: 'Requires a slug, or a name from which the slug is derived. A caller who is a member joins the team.',
      responses: { 201: teamShape },
      errors: ['already-exists'],
      body: newTeamSchema,
    },
    async handle({ org, caller: { actor }, body, writeContext }, services) {
      const { fields, malformed } = parseFields(newTeamSchema, body);
      const input = {
        slug: fields.slug ?? null,
        name: fields.name || null,
        idpProvisioned: fields.idp_provisioned ?? false,
      };
      return runRequestCommand(services, createTeam, {
        orgId: org.id,
        actor,
        input,
        malformed,
        writeContext,
        respond: (tx, { team, state }) => ({ status: 201, body: presentTeamFor(tx, readerOf(state, actor), team) }),
      });
    },
  },
  {
    method: 'GET',
    path: onTeam,
    scopes: teamReadScopes,
    metadata: {
      tag: 'Teams',
      id: 'readTeam',
      summary: 'Retrieve a team',
      description: 'Requires access to the team: as its member, by open membership, or by a global role.',
      query: z.object({
        expand: z
          .array(z.enum(['projects', 'externalTeams']))
          .optional()
          .describe('Fields to add.'),
        collapse: collapseParameter,
      }),
      responses: { 200: teamDetailsShape },
    },
    async handle({ org, caller, params, query }, { db, publicUrl }) {
      const reader = await authorizeReader(db, org.id, caller.actor);
      const team = await findTeamFor(db, reader, params.team!, teamReadScopes);
      const expand = query.getAll('expand');
      const [shape] = await presentTeams(db, reader, [team], {
        withProjects: expand.includes('projects'),
        withExternalTeams: expand.includes('externalTeams'),
      });
      const isCollapsed = query.getAll('collapse').includes('organization');
      const organization = isCollapsed ? {} : { organization: presentOrganization(reader.state.organization!, publicUrl) };
      return { status: 200, body: { ...shape, ...organization } };
    },
  },
  {
    method: 'PUT',
    path: onTeam,
    scopes: ['team:write', 'team:admin'],
    metadata: {
      tag: 'Teams',
      id: 'updateTeam',
      summary: 'Update a team',
      description: 'Changes the slug or the name.',
      responses: { 200: teamShape },
      errors: ['already-exists'],
      body: teamChangesSchema,
    },
    async handle({ org, caller: { actor }, params, body, writeContext }, services) {
      const { fields, malformed } = parseFields(teamChangesSchema, body);
      return runRequestCommand(services, updateTeam, {
        orgId: org.id,
        actor,
        input: { team: params.team!, ...fields },
        malformed,
        writeContext,
        respond: (_tx, { team, state, teamFacts }) => ({ status: 200, body: presentTeam(readerOf(state, actor), team, teamFacts) }),
      });
    },
  },
  {
    method: 'DELETE',
    path: onTeam,
    scopes: ['team:admin'],
    needsRecentLogin: true,
    metadata: {
      tag: 'Teams',
      id: 'removeTeam',
      summary: 'Delete a team',
      description: 'The team’s projects are not deleted.',
      responses: { 204: null },
    },
    handle: ({ org, caller: { actor }, params, writeContext }, services) =>
      runRequestCommand(services, removeTeam, {
        orgId: org.id,
        actor,
        input: { team: params.team! },
        writeContext,
        respond: async () => ({ status: 204 }),
      }),
  },
  {
    method: 'GET',
    path: '/teams/:org/:team/members/',
    scopes: teamReadScopes,
    metadata: {
      tag: 'Teams',
      id: 'listMembersOfTeam',
      summary: 'List a team’s members',
      description: 'Pending invites first, sorted by email address. Members follow, sorted by id.',
      isPaged: true,
      responses: { 200: z.array(teamMemberShape) },
    },
    async handle(request, services) {
      const { db } = services;
      const reader = await authorizeReader(db, request.org.id, request.caller.actor);
      const team = await findTeamFor(db, reader, request.params.team!, teamReadScopes);
      const recipient = recipientOf(reader);
      return paginateByOffset(
        request,
        services,
        (limit, offset) => listMembersOfTeam(db, request.org.id, team.id, recipient, { limit, offset }),
        async (rows) => {
          const members = rows.map(({ member }) => member);
          const shapes = await presentMembers(db, recipient, members);
          return rows.map(({ teamRole }, index) => ({ ...shapes[index], teamRole, teamSlug: team.slug }));
        },
      );
    },
  },
  {
    method: 'GET',
    path: '/organizations/:org/user-teams/',
    scopes: ['org:read'],
    metadata: {
      tag: 'Teams',
      id: 'listOwnTeams',
      summary: 'List the caller’s teams',
      description: 'Returns the teams that the caller is on, with their projects.',
      responses: { 200: z.array(detailedTeamShape) },
    },
    async handle({ org, caller }, { db }) {
      const reader = await authorizeReader(db, org.id, caller.actor, ['org:read']);
      const teams = await listTeamsOfReader(db, reader);
      return { status: 200, body: await presentTeams(db, reader, teams, { withProjects: true, withExternalTeams: true }) };
    },
  },
];
