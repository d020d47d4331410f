import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

const reasons: Readonly<Record<string, string>> = {
  'failed-too-long': 'The receiver did not accept an event for too long.',
  gone: 'The receiver responded that it no longer exists (status 410).',
  'history-pruned': 'Events that were not delivered yet are no longer in the history of the organization.',
  unauthorized: 'The receiver refused the credentials.',
};

/** Sent to an organization's owners when the server disables a webhook (REST contract 13.10). */
export const webhookDisabled = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), host: quotedSchema, reason: z.string() }),
  compose: ({ orgName, orgSlug, host, reason }, { productName, publicUrl }) => ({
    subject: `The webhook to ${host} for ${orgName} is disabled`,
    before: [
      `${productName} stopped sending events of ${orgName} to ${host}. ${reasons[reason] ?? 'Deliveries failed.'}`,
      'When you enable the webhook again, it continues with the event at which it stopped.',
    ],
    action: { label: 'Open the Webhooks page', url: `${publicUrl}/organizations/${orgSlug}/webhooks/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
