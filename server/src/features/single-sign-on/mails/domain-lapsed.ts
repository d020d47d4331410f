import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/** Sent to the owners of an organization when a verified domain lapses (REST contract 13.6). */
export const domainLapsed = mailTemplate({
  params: z.object({ orgName: quotedSchema, domain: quotedSchema }),
  compose: ({ orgName, domain }, { productName }) => ({
    subject: `${domain} is no longer verified for ${orgName}`,
    before: [
      `The DNS record that verifies the domain ${domain} for ${orgName} on ${productName} has been missing for 7 days.`,
      'People with addresses of this domain can no longer join by single sign-on. Current members keep their access.',
      'To verify the domain again, add the record shown on the Domains page of the organization to DNS.',
    ],
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
