import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { mailTemplate } from '../mail-template.ts';

/** Sent to an address of a user when a password reset is requested for it. */
export const passwordReset = mailTemplate({
  params: z.object({ reset: emailTokenSchema }),
  compose: ({ reset }, context) => ({
    subject: 'Reset your password',
    before: [`We received a request to reset the password of your ${context.productName} account at ${context.publicUrl}.`],
    action: { label: 'Reset password', url: emailTokenLink('reset-password', 'password-reset', reset, context) },
    after: ['This link works once and expires in one hour. If this wasn’t you, ignore this email. Your password won’t change.'],
  }),
});
