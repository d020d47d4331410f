import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { mailTemplate } from '../mail-template.ts';

/** Sent to an address that a user added to their account, to confirm that it is theirs. */
export const addressVerification = mailTemplate({
  params: z.object({ verification: emailTokenSchema }),
  compose: ({ verification }, context) => ({
    subject: 'Confirm your email address',
    before: [`This address was added to a ${context.productName} account at ${context.publicUrl}.`],
    action: { label: 'Confirm email address', url: emailTokenLink('verify-email', 'verification', verification, context) },
    after: [
      'This link works once, expires in 24 hours, and needs a login to the account that added the address. If this wasn’t you, ignore this email.',
    ],
  }),
});
