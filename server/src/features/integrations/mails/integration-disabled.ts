import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/**
 * Sent to the owners when the server disables an integration that its provider no longer accepts
 * (REST contract 13.12).
 */
export const integrationDisabled = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    orgSlug: z.string(),
    integrationName: quotedSchema,
    providerName: z.string(),
    /** A phrase that ends a sentence after `because`. */
    reason: z.string(),
  }),
  compose: ({ orgName, orgSlug, integrationName, providerName, reason }, { productName, publicUrl }) => ({
    subject: `The ${providerName} integration ${integrationName} of ${orgName} is disabled`,
    before: [
      `${productName} disabled the ${providerName} integration ${integrationName} of ${orgName}, because ${reason}.`,
      `${providerName} receives no events of ${orgName} until someone connects it again. Nothing else has changed.`,
    ],
    action: { label: 'Open the Integrations page', url: `${publicUrl}/organizations/${orgSlug}/integrations/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
