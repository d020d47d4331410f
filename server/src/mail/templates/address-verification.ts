import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { mailTemplate } from '../template.ts';

/** To an address that a user says is theirs. */
export const addressVerification = mailTemplate({
  params: z.object({ verification: emailTokenSchema }),
  compose: ({ verification }, links) => ({
    subject: 'Confirm your e-mail address',
    before: [`Somebody has added this address to their ${links.productName} account at ${links.publicUrl}.`],
    action: { label: 'Confirm the address', url: emailTokenLink('verify-email', 'verification', verification, links) },
    after: ['The link works once, within a day, and only for whoever added the address. If it was not you, you can ignore it.'],
  }),
});
