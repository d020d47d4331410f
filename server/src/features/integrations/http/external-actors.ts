import { integrationProviders, nameProviders } from '@rollcall/protocol';
import { externalTeamShape, externalUserShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { choiceField, idField, nullable, parseFields, stringField } from '../../../http/requests/fields.ts';
import { idOf } from '../../../http/requests/id-of.ts';
import { presentExternalTeam, presentExternalUser } from '../../../http/responses/present-external-actors.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import { mapExternalTeam } from '../commands/map-external-team.ts';
import { mapExternalUser } from '../commands/map-external-user.ts';
import { unmapExternal } from '../commands/unmap-external.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { userIdOfMember } from '../queries/integrations.ts';
import type { IntegrationServices } from '../services.ts';

const users = '/organizations/:org/external-users/';
const teams = '/teams/:org/:team/external-teams/';

const nameMax = 200;
const actorFields = {
  externalName: stringField({ max: nameMax }).describe('Name at the provider, such as `@octocat`.'),
  externalId: nullable(stringField({ max: nameMax }))
    .optional()
    .describe('Id at the provider.'),
  provider: choiceField(integrationProviders).describe('Key of the provider.'),
  integrationId: idField().describe('Id of the integration.'),
};
const newUserSchema = z.object({ ...actorFields, userId: idField().describe('Id of the user.') });
const newTeamSchema = z.object({
  ...actorFields,
  follows: choiceField(['off', 'members'])
    .optional()
    .describe('`members` keeps the members of the team equal to those of the provider’s team.'),
});
const changedUserSchema = newUserSchema.partial();
const changedTeamSchema = newTeamSchema.partial();

const withDirectory = (conjunction: 'and' | 'or') => nameProviders('name', conjunction, ({ hasDirectory }) => hasDirectory);

/** Members map themselves, so the command decides. */
export const byMembers = ['org:read', 'org:write', 'org:admin', 'org:integrations'] as const;

/** Mappings of people and teams at providers (REST contract 13.13). */
export const externalActorRoutes: readonly Route<IntegrationServices>[] = [
  {
    method: 'POST',
    path: users,
    scopes: byMembers,
    metadata: {
      tag: 'Integrations',
      id: 'mapExternalUser',
      summary: 'Map a person at a provider to a member',
      description: `Actions of the person at the provider, such as a button pressed in Slack, count as requests of the member. So a member can only map themselves, in a session and once per integration, and callers with \`org:admin\` can map any member. People of ${withDirectory('and')} can be mapped only by callers with \`org:admin\`; members map their own accounts there with \`mapOwnAccount\`.`,
      responses: { 201: externalUserShape },
      errors: ['already-exists'],
      body: newUserSchema,
    },
    handle: (request, services) => saveUser(request, services, null, parseFields(newUserSchema, request.body)),
  },
  {
    method: 'PUT',
    path: `${users}:mapping/`,
    scopes: byMembers,
    metadata: {
      tag: 'Integrations',
      id: 'updateExternalUser',
      summary: 'Change the mapping of a person',
      description: `Absent fields keep their values. Callers need \`org:admin\` to map another member, and to change a mapping of ${withDirectory('or')}.`,
      responses: { 200: externalUserShape },
      errors: ['already-exists'],
      body: changedUserSchema,
    },
    handle: (request, services) => saveUser(request, services, idOf(request.params.mapping), parseFields(changedUserSchema, request.body)),
  },
  {
    method: 'DELETE',
    path: `${users}:mapping/`,
    scopes: byMembers,
    metadata: {
      tag: 'Integrations',
      id: 'removeExternalUser',
      summary: 'Remove the mapping of a person',
      description:
        'Actions of the person at the provider no longer count as requests of the member. Members remove their own mappings, except those of an integration with `removeMembers`.',
      responses: { 204: null },
    },
    handle: ({ org, caller, params, writeContext }, services) =>
      runRequestCommand(services, unmapExternal, {
        orgId: org.id,
        actor: caller.actor,
        input: { kind: 'external-user', mappingId: idOf(params.mapping) },
        writeContext,
        respond: async () => ({ status: 204 }),
      }),
  },
  {
    method: 'POST',
    path: teams,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'mapExternalTeam',
      summary: 'Map a team at a provider to a team',
      description: 'With `follows: "members"`, the members of the team become those of the provider’s team.',
      responses: { 201: externalTeamShape },
      errors: ['already-exists'],
      body: newTeamSchema,
    },
    handle: (request, services) => saveTeam(request, services, null, parseFields(newTeamSchema, request.body)),
  },
  {
    method: 'PUT',
    path: `${teams}:mapping/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'updateExternalTeam',
      summary: 'Change the mapping of a team',
      description: 'Absent fields keep their values.',
      responses: { 200: externalTeamShape },
      errors: ['already-exists'],
      body: changedTeamSchema,
    },
    handle: (request, services) => saveTeam(request, services, idOf(request.params.mapping), parseFields(changedTeamSchema, request.body)),
  },
  {
    method: 'DELETE',
    path: `${teams}:mapping/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'removeExternalTeam',
      summary: 'Remove the mapping of a team',
      description: 'The members of the team stay.',
      responses: { 204: null },
    },
    handle: ({ org, caller, params, writeContext }, services) =>
      runRequestCommand(services, unmapExternal, {
        orgId: org.id,
        actor: caller.actor,
        input: { kind: 'external-team', mappingId: idOf(params.mapping), team: params.team! },
        writeContext,
        respond: async () => ({ status: 204 }),
      }),
  },
];

interface Given<Fields> {
  readonly fields: Fields;
  readonly malformed: FieldErrors;
}

/** @param mappingId null for a new mapping */
async function saveUser(
  { org, caller, writeContext }: ApiRequest,
  services: IntegrationServices,
  mappingId: string | null,
  { fields, malformed }: Given<z.infer<typeof changedUserSchema>>,
): Promise<Reply> {
  return runRequestCommand(services, mapExternalUser, {
    orgId: org.id,
    actor: caller.actor,
    input: { mappingId, ...givenOf(fields), userId: fields.userId ?? null, isConfirmed: false },
    malformed,
    writeContext,
    respond: async (tx, record) => ({
      status: mappingId === null ? 201 : 200,
      body: presentExternalUser(record, (await userIdOfMember(tx, org.id, record.memberId))!),
    }),
  });
}

async function saveTeam(
  { org, caller, params, writeContext }: ApiRequest,
  services: IntegrationServices,
  mappingId: string | null,
  { fields, malformed }: Given<z.infer<typeof changedTeamSchema>>,
): Promise<Reply> {
  return runRequestCommand(services, mapExternalTeam, {
    orgId: org.id,
    actor: caller.actor,
    input: { team: params.team!, mappingId, ...givenOf(fields), ...(fields.follows && { follows: fields.follows }) },
    malformed,
    writeContext,
    respond: async (_tx, record) => ({ status: mappingId === null ? 201 : 200, body: presentExternalTeam(record) }),
  });
}

function givenOf({ externalName, externalId, provider, integrationId }: Omit<z.infer<typeof changedTeamSchema>, 'follows'>) {
  return {
    integrationId: integrationId ?? null,
    provider: provider ?? null,
    externalName: externalName ?? null,
    ...(externalId !== undefined && { externalId }),
  };
}
