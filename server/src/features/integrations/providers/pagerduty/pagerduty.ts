import * as z from 'zod';
import { invalidFields } from '../../../../domain/field-errors.ts';
import { field, stringField } from '../../../../http/requests/fields.ts';
import { digestSecret } from '../../../../runtime/secrets/secrets-at-rest.ts';
import { connectRoute } from '../../http/connect-route.ts';
import type { Provider } from '../provider.ts';
import { PagerDutyClient } from './pagerduty-client.ts';
import { PagerDutyNotifier, routingKeySecret } from './pagerduty-notifier.ts';

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

export const pagerduty: Provider<'pagerduty'> = {
  connecting: connectRoute('pagerduty', {
    summary: 'Connect a service of PagerDuty',
    description:
      'Sends a change event first. The service is connected only if PagerDuty accepts it. At most 20 a minute in an organization, together with test messages.',
    body: newPagerDutySchema,
  }),
  open({ url }, { db, publicUrl, key }) {
    const client = new PagerDutyClient(url);
    return {
      notifier: new PagerDutyNotifier({ db, client, publicUrl }),
      async connect({ integrationKey, name }, { slug }) {
        const tested = await client.sendTest(integrationKey, slug, publicUrl);
        if (tested.outcome !== 'delivered') throw invalidFields({ integrationKey: [tested.error ?? 'PagerDuty refused the key.'] });
        return {
          name,
          domainName: '',
          // A digest of the key, so that the same service is not connected twice, and the record
          // doesn't reveal the key.
          externalId: digestSecret(key, 'pagerduty', integrationKey).slice(0, 32),
          config: { eventTypes: [], alerts: true },
          secrets: { [routingKeySecret]: integrationKey },
        };
      },
    };
  },
};
