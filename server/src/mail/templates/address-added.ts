import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { mailTemplate } from '../mail-template.ts';
import { quotedSchema } from '../quoted.ts';

/**
 * Sent to the primary address of an account when another address is added to it, and when that
 * address is verified.
 */
export const addressAdded = mailTemplate({
  params: z.object({ email: quotedSchema, event: z.enum(['added', 'verified']), removal: emailTokenSchema }),
  compose: ({ email, event, removal }, context) => ({
    subject: event === 'added' ? 'Email address added to your account' : 'Email address confirmed for your account',
    before: [
      event === 'added'
        ? `${email} was added to your ${context.productName} account at ${context.publicUrl}.`
        : `${email} was confirmed for your ${context.productName} account at ${context.publicUrl}. In 7 days, it can be used to reset your password.`,
      'If this was you, you don’t need to do anything. If it wasn’t, remove the address. You’ll be logged out everywhere and should then reset your password.',
    ],
    action: { label: 'Remove this address', url: emailTokenLink('remove-email', 'removal', removal, context) },
    after: ['This link works once and expires in 14 days. You don’t need to log in to use it.'],
  }),
});
