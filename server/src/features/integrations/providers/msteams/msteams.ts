import { apiLimits } from '@rollcall/protocol';
import * as z from 'zod';
import { invalidFields } from '../../../../domain/field-errors.ts';
import { field, stringField } from '../../../../http/requests/fields.ts';
import { digestSecret } from '../../../../runtime/secrets/secrets-at-rest.ts';
import { connectRoute } from '../../http/connect-route.ts';
import type { Provider } from '../provider.ts';
import { TeamsClient } from './teams-client.ts';
import { TeamsNotifier, webhookUrlSecret } from './teams-notifier.ts';

const nameMax = 200;
/** Microsoft's URLs have about 300 characters. */
const urlMax = apiLimits.webhookUrlMax;

const newTeamsSchema = z.object({
  webhookUrl: field({ type: 'string', format: 'password', maxLength: urlMax }, (value, refuse) =>
    typeof value === 'string' && value.length <= urlMax && URL.canParse(value.trim())
      ? new URL(value.trim()).href
      : refuse('Enter the URL of the workflow’s webhook.'),
  ).describe('URL of the webhook of a workflow in Teams. It contains a secret, and is never returned.'),
  name: stringField({ max: nameMax }).describe('Name of the integration.'),
});

/**
 * The path names the workflow. The rest of the URL is the secret, which a person may renew. An
 * encoded letter means the same (RFC 3986, section 6.2.2.2), so it names no other workflow.
 */
function workflowOf(webhookUrl: string): string {
  const { origin, pathname } = new URL(webhookUrl);
  const decoded = pathname.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
  return `${origin}${decoded}`;
}

/** Channels of Microsoft Teams, by the webhook of a workflow of Power Automate. */
export const msteams: Provider<'msteams'> = {
  connecting: connectRoute('msteams', {
    summary: 'Connect a channel of Microsoft Teams',
    description:
      'Posts a test message first. The channel is connected only if the workflow accepts it. At most 20 a minute in an organization, together with test messages.',
    body: newTeamsSchema,
  }),
  open({ hosts }, { outbound, publicUrl, key }) {
    const client = new TeamsClient(outbound, hosts.split(' '));
    const notifier = new TeamsNotifier(client, publicUrl);
    return {
      notifier,
      async connect({ webhookUrl, name }, { id, slug }) {
        const refusal = client.refuseUrl(webhookUrl);
        if (refusal !== null) throw invalidFields({ webhookUrl: [refusal] });
        const { outcome, error } = await notifier.postTest(webhookUrl, id, slug);
        if (outcome !== 'delivered') throw invalidFields({ webhookUrl: [error ?? 'The workflow refused the message.'] });
        return {
          name,
          domainName: '',
          externalId: digestSecret(key, 'msteams', workflowOf(webhookUrl)).slice(0, 32),
          config: { eventTypes: ['invite.created'] },
          secrets: { [webhookUrlSecret]: webhookUrl },
        };
      },
    };
  },
};
