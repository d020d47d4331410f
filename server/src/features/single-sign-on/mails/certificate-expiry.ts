import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/**
 * Sent to the owners of an organization before the last certificate of its identity provider
 * expires (REST contract 13.4).
 */
export const certificateExpiry = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), providerName: quotedSchema, endsAt: z.string() }),
  compose: ({ orgName, orgSlug, providerName, endsAt }, { productName, publicUrl }) => ({
    subject: `The certificate of ${providerName} for ${orgName} expires on ${endsAt.slice(0, 10)}`,
    before: [
      `${orgName} on ${productName} uses ${providerName} to log in. The last valid signing certificate of ${providerName} expires on ${endsAt.slice(0, 10)}.`,
      `When ${providerName} signs with a new certificate, logins fail until that certificate is added here.`,
      `Before ${providerName} changes its certificate, add the new one on the Single sign-on page of the organization. Remove the old one afterwards.`,
    ],
    action: { label: 'Open the Single sign-on page', url: `${publicUrl}/organizations/${orgSlug}/single-sign-on/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
