import { describeDisabledReason } from '@rollcall/protocol';
import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/** Sent to an organization's owners when the server disables a webhook (REST contract 13.10). */
export const webhookDisabled = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), host: quotedSchema, reason: z.string() }),
  compose: ({ orgName, orgSlug, host, reason }, { productName, publicUrl }) => ({
    subject: `The webhook to ${host} for ${orgName} is disabled`,
    before: [
      `${productName} stopped sending events of ${orgName} to ${host}, because ${describeDisabledReason(reason)}.`,
      'When you enable the webhook again, it continues with the event at which it stopped.',
    ],
    action: { label: 'Open the Webhooks page', url: `${publicUrl}/organizations/${orgSlug}/webhooks/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
