import { definitionOf, OrgError } from '@rollcall/protocol';
import { directoryDriftShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { booleanField, parseBody } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { managesIntegrations, removesMembers } from '../domain/integrations.ts';
import { integrationLimits } from '../limits.ts';
import { readDirectoryDrift } from '../queries/directory-drift.ts';
import { findIntegration } from '../queries/integrations.ts';
import type { IntegrationServices } from '../services.ts';

const one = '/organizations/:org/integrations/:integration/';
const syncSchema = z.object({ confirm: booleanField().optional().describe('True also applies the changes that wait for a confirmation.') });

/** The people and teams of a provider, compared with those here (REST contract 13.14). */
export const directoryDriftRoutes: readonly Route<IntegrationServices>[] = [
  {
    method: 'GET',
    path: `${one}drift/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'readDrift',
      summary: 'Compare the people at a provider with the members',
      description: 'Compares the last reading with the current members and mappings. Each list has at most 1,000 rows.',
      query: z.object({ query: z.string().optional().describe('Only rows with this text in a name, in any case.') }),
      responses: { 200: directoryDriftShape },
    },
    handle: drift,
  },
  {
    method: 'POST',
    path: `${one}sync/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'syncIntegration',
      summary: 'Read the people and teams of a provider now',
      description:
        'With `confirm`, it also applies the changes that the last reading listed in `needsConfirmation`. If the integration removes members, this needs `member:admin`. At most 20 an hour in an organization.',
      isCommand: false,
      responses: { 202: null },
      body: syncSchema,
    },
    handle: sync,
  },
];

async function drift({ org, caller, params, query }: ApiRequest, { db }: IntegrationServices): Promise<Reply> {
  const search = (query.get('query') ?? '').trim();
  const body: ResponseOf<typeof directoryDriftShape> = await readDirectoryDrift(db, org.id, caller.actor, params.integration!, search);
  return { status: 200, body };
}

async function sync({ org, caller, params, body, inSlot }: ApiRequest, { db, directories, attempts }: IntegrationServices): Promise<Reply> {
  const { integration } = await inSlot(() => findIntegration(db, org.id, caller.actor, params.integration!, managesIntegrations));
  const { confirm = false } = parseBody(syncSchema, body);
  const { id, provider, status } = integration;
  if (!directories.has(provider))
    throw new OrgError('invalid', `The people of ${definitionOf(provider).name} are not read on this server.`);
  if (status !== 'active') throw new OrgError('invalid', 'This integration is not active.');
  if (confirm && removesMembers(integration)) await inSlot(() => authorizeReader(db, org.id, caller.actor, ['member:admin']));
  await attempts.count(integrationLimits.directoryReadingsPerOrganization, org.id);
  await directories.readNow(org.id, id, { confirm });
  return { status: 202 };
}
