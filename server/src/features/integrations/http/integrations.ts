import { definitionOf, type IntegrationProvider, type IntegrationRecord, integrationProviders, nameProviders } from '@rollcall/protocol';
import { integrationProvidersShape, integrationShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { eventTypesField } from '../../../http/requests/event-types-field.ts';
import { booleanField, choiceField, listField, parseFields, stringField } from '../../../http/requests/fields.ts';
import { idOf } from '../../../http/requests/id-of.ts';
import { paginateByOffset } from '../../../http/responses/pagination.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { removeIntegration } from '../commands/remove-integration.ts';
import { updateIntegration } from '../commands/update-integration.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { providerSummary } from '../domain/provider-summary.ts';
import type { ProviderServices } from '../providers/provider.ts';
import { findIntegration, listIntegrations, readsIntegrations } from '../queries/integrations.ts';
import { presentIntegration } from './present-integration.ts';

const path = '/organizations/:org/integrations/';
const one = `${path}:integration/`;

/**
 * The longest list in the settings. It has room for each type of event, and for the channels that
 * an organization chooses.
 */
const listMax = 200;
const textMax = 200;

const channelsField = listField(listMax, { type: 'string', maxLength: textMax }, (item, refuse) =>
  typeof item === 'string' && /^[A-Z0-9]{1,64}$/.test(item) ? item : refuse('Enter ids of channels, such as C024BE91L.'),
);

/** The settings that a person may change. Unknown keys are ignored. */
const configSchema = z.object({
  // `*` stands for all types.
  eventTypes: eventTypesField(listMax, ['*']).optional().describe('Types of events that become messages. `*` stands for all types.'),
  channels: channelsField.optional().describe('Ids of the Slack channels that receive messages.'),
  alerts: booleanField().optional().describe('Whether the provider receives alerts.'),
  removeMembers: booleanField()
    .optional()
    .describe(
      `Whether a member is removed when their mapped person leaves the ${nameProviders('organization', 'or', ({ hasDirectory }) => hasDirectory)}. Switching it on needs \`member:admin\`.`,
    ),
  name: stringField({ max: textMax }).optional().describe('Name of the integration.'),
  status: choiceField(['active', 'disabled']).optional().describe('A disabled integration receives nothing.'),
});

const includeConfigParameter = z.enum(['0', '1']).describe('`0` omits the settings.').optional();
const providerParameter = z.enum(integrationProviders).optional().describe('Only this provider.');

/** The integrations of an organization (REST contract 13.12). */
export const integrationRoutes: readonly Route<ProviderServices>[] = [
  {
    method: 'GET',
    path: '/organizations/:org/config/integrations/',
    scopes: readsIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'listIntegrationProviders',
      summary: 'List the providers that can be connected',
      description: 'Omits the providers that the operator has not configured.',
      query: z.object({ providerKey: providerParameter, provider_key: providerParameter.describe('The same as `providerKey`.') }),
      responses: { 200: integrationProvidersShape },
    },
    handle: listProviders,
  },
  {
    method: 'GET',
    path,
    scopes: readsIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'listIntegrations',
      summary: 'List an organization’s integrations',
      description: 'Callers who may not manage integrations see no `configData`.',
      query: z.object({
        providerKey: providerParameter,
        provider_key: providerParameter.describe('The same as `providerKey`.'),
        features: z.string().optional().describe('Only integrations whose provider has all of these features. May be repeated.'),
        includeConfig: includeConfigParameter,
      }),
      isPaged: true,
      responses: { 200: z.array(integrationShape) },
    },
    handle: list,
  },
  {
    method: 'GET',
    path: one,
    scopes: readsIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'readIntegration',
      summary: 'Retrieve an integration',
      description: 'Callers who may not manage integrations see no `configData`.',
      responses: { 200: integrationShape },
    },
    handle: read,
  },
  {
    method: 'POST',
    path: one,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'updateIntegration',
      summary: 'Change the settings of an integration',
      description: 'Changes only the settings that the body contains. With `status: active`, deliveries continue where they stopped.',
      responses: { 200: integrationShape },
      errors: ['already-exists'],
      body: configSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: one,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'removeIntegration',
      summary: 'Disconnect an integration',
      description: 'Removes its secrets and its mappings.',
      responses: { 204: null },
    },
    handle: remove,
  },
];

function wantedProvider(query: URLSearchParams): string | null {
  return query.get('provider_key') ?? query.get('providerKey');
}

async function listProviders({ org, caller, query }: ApiRequest, { db, providers }: ProviderServices): Promise<Reply> {
  await authorizeReader(db, org.id, caller.actor, readsIntegrations);
  const wanted = wantedProvider(query);
  const found = integrationProviders.filter((key) => providers[key] !== null && (wanted === null || wanted === key));
  if (found.length === 0) throw notFound('Providers do not exist');
  const body: ResponseOf<typeof integrationProvidersShape> = { providers: found.map(presentProvider) };
  return { status: 200, body };
}

function presentProvider(key: IntegrationProvider) {
  const { description, features, noun, sourceUrl } = definitionOf(key);
  return {
    ...providerSummary(key),
    metadata: {
      description,
      features: features.map((feature) => ({ description: feature.description, featureGate: feature.name })),
      author: 'Rollcall',
      noun,
      issue_url: sourceUrl,
      source_url: sourceUrl,
      aspects: {},
    },
    canDisable: false,
  };
}

async function list(request: ApiRequest, services: ProviderServices): Promise<Reply> {
  const { org, caller, query } = request;
  const { integrations, showsConfig } = await listIntegrations(services.db, org.id, caller.actor);
  const wanted = wantedProvider(query);
  const features = query.getAll('features');
  const found = integrations.filter(
    ({ provider }) =>
      (wanted === null || provider === wanted) &&
      features.every((name) => definitionOf(provider).features.some((one) => one.name === name)),
  );
  const withConfig = query.get('includeConfig') !== '0';
  return paginateByOffset(
    request,
    services,
    async (limit, offset) => found.slice(offset, offset + limit),
    (page) => page.map((integration) => presentIntegration(org.id, integration, { withConfig, showsConfig })),
  );
}

async function read({ org, caller, params }: ApiRequest, { db }: ProviderServices): Promise<Reply> {
  const { integration, showsConfig } = await findIntegration(db, org.id, caller.actor, params.integration!);
  return { status: 200, body: presentIntegration(org.id, integration, { withConfig: true, showsConfig }) };
}

async function update({ org, caller, params, body, writeContext }: ApiRequest, services: ProviderServices): Promise<Reply> {
  const { fields, malformed } = parseFields(configSchema, body);
  const { name, status, ...config } = fields;
  return runRequestCommand(services, updateIntegration, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      integrationId: idOf(params.integration),
      changes: {
        ...(name !== undefined && { name }),
        ...(status !== undefined && { status }),
        config: withoutAbsent(config),
      },
      disabledReason: null,
    },
    malformed,
    writeContext,
    respond: async (_tx, integration) => ({
      status: 200,
      body: presentIntegration(org.id, integration, { withConfig: true, showsConfig: true }),
    }),
  });
}

function withoutAbsent(config: Readonly<Record<string, IntegrationRecord['config'][string] | undefined>>): IntegrationRecord['config'] {
  return Object.fromEntries(Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: ProviderServices): Promise<Reply> {
  return runRequestCommand(services, removeIntegration, {
    orgId: org.id,
    actor: caller.actor,
    input: { integrationId: idOf(params.integration) },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
