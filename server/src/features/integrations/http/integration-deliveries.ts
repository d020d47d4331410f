import { OrgError } from '@rollcall/protocol';
import { integrationDeliveryShape, integrationTestShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { pageDeliveries } from '../../../http/responses/page-deliveries.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { findIntegration } from '../queries/integrations.ts';
import type { IntegrationServices } from '../services.ts';

const one = '/organizations/:org/integrations/:integration/';

/** Messages to the providers of integrations (REST contract 13.12). */
export const integrationDeliveryRoutes: readonly Route<IntegrationServices>[] = [
  {
    method: 'POST',
    path: `${one}test/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'testIntegration',
      summary: 'Send a test message',
      description:
        'Sends the message now, outside the order of events. At most 20 a minute in an organization, together with those of webhooks.',
      isCommand: false,
      responses: { 200: integrationTestShape },
    },
    handle: test,
  },
  {
    method: 'GET',
    path: `${one}deliveries/`,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'listIntegrationDeliveries',
      summary: 'List the deliveries to a provider',
      description: 'Each attempt, newest first.',
      isPaged: true,
      responses: { 200: z.array(integrationDeliveryShape) },
    },
    handle: deliveries,
  },
];

async function test({ org, caller, params, inSlot }: ApiRequest, services: IntegrationServices): Promise<Reply> {
  const { integration } = await inSlot(() => findIntegration(services.db, org.id, caller.actor, params.integration!, managesIntegrations));
  await services.attempts.count(attemptLimits.messageTestsPerOrganization, org.id);
  const result = await services.integrationConsumer.sendTest(org, integration);
  if (!result) throw new OrgError('invalid', 'This integration is not active, or receives no messages.');
  const { status, ms, response, error } = result;
  const body: ResponseOf<typeof integrationTestShape> = { status, ms, response, error };
  return { status: 200, body };
}

async function deliveries(request: ApiRequest, services: IntegrationServices): Promise<Reply> {
  const { org, caller, params } = request;
  const { integration } = await findIntegration(services.db, org.id, caller.actor, params.integration!, managesIntegrations);
  return pageDeliveries(request, services, `integration:${integration.id}`, { isFailed: false });
}
