import { integrationShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { invalidFields } from '../../../../domain/field-errors.ts';
import { field, parseBody, stringField } from '../../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../../http/route.ts';
import { runRequestCommand } from '../../../../http/run-request-command.ts';
import { webhookTestsPerOrganization } from '../../../../identity/attempt-limits.ts';
import { authorizeReader } from '../../../../read-path/queries/authorized-reader.ts';
import { digestSecret } from '../../../../runtime/secrets-at-rest.ts';
import { addIntegration } from '../../commands/add-integration.ts';
import { managesIntegrations } from '../../domain/integrations.ts';
import { presentIntegration } from '../../http/present-integration.ts';
import type { IntegrationServices } from '../../services.ts';
import { routingKeySecret } from './pagerduty-notifier.ts';

/** Integration keys of the Events API v2 have this form. */
const keyPattern = /^[A-Za-z0-9]{32}$/;
const nameMax = 200;

const newPagerDutySchema = z.object({
  integrationKey: field({ type: 'string', format: 'password', minLength: 32, maxLength: 32 }, (value, refuse) =>
    typeof value === 'string' && keyPattern.test(value.trim())
      ? value.trim()
      : refuse('Enter the integration key of an Events API v2 integration: 32 letters and digits.'),
  ).describe('Integration key of an integration of the type Events API v2: 32 letters and digits.'),
  name: stringField({ max: nameMax }).describe('Name of the integration.'),
});

/** Connects a service of PagerDuty (REST contract 13.12). */
export const pagerDutyRoutes: readonly Route<IntegrationServices>[] = [
  {
    method: 'POST',
    path: '/organizations/:org/integrations/pagerduty/',
    needsRecentLogin: true,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'connectPagerDuty',
      summary: 'Connect a service of PagerDuty',
      description:
        'Sends a change event first. The service is connected only if PagerDuty accepts it. At most 20 a minute in an organization, together with test messages.',
      isUnrepeatable: true,
      responses: { 201: integrationShape },
      errors: ['already-exists'],
      body: newPagerDutySchema,
    },
    handle: connect,
  },
];

async function connect({ org, caller, body, writeContext, inSlot }: ApiRequest, services: IntegrationServices): Promise<Reply> {
  const { state } = await inSlot(() => authorizeReader(services.db, org.id, caller.actor, managesIntegrations));
  const { integrationKey, name } = parseBody(newPagerDutySchema, body);
  await services.attempts.count(webhookTestsPerOrganization, org.id);
  const tested = await services.pagerDuty.sendTest(integrationKey, state.organization!.slug, services.publicUrl);
  if (tested.outcome !== 'delivered') throw invalidFields({ integrationKey: [tested.error ?? 'PagerDuty refused the key.'] });
  return runRequestCommand(services, addIntegration, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      provider: 'pagerduty',
      name,
      domainName: '',
      // A digest of the key, so that the same service is not connected twice, and the record
      // doesn't reveal the key.
      externalId: digestSecret(services.secret, 'pagerduty', integrationKey).slice(0, 32),
      config: { eventTypes: [], alerts: true },
      secrets: { key: services.secret, byName: { [routingKeySecret]: integrationKey } },
      confirmedAfter: null,
    },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, integration) => ({
      status: 201,
      body: presentIntegration(org.id, integration, { withConfig: true, showsConfig: true }),
    }),
  });
}
